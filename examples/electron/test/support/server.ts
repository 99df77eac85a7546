import { createServer } from 'node:net';
import { Child } from './child.js';

/** A real server, `causerie serve --dev`, in a process of its own, which can be killed and started again. */
export class Server {
  #child: Child;
  private constructor(child: Child, private readonly data: string, private readonly port: number, private readonly control: number) {
    this.#child = child;
  }

  static async start(data: string): Promise<Server> {
    const [port, control] = [await freePort(), await freePort()];
    return new Server(await run(data, port, control), data, port, control);
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** Ends it; with `SIGKILL`, in the middle of whatever it does. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    await this.#child.end(signal);
  }

  /** Starts it again where it was, on the same data. */
  async again(): Promise<void> {
    this.#child = await run(this.data, this.port, this.control);
  }

  /** Breaks connections without a word. */
  cut(userId?: string): Promise<void> {
    return this.#order('cut', { user_id: userId });
  }

  /** Refuses the next writes for good. */
  refuse(count: number, code: string): Promise<void> {
    return this.#order('refuse', { count, code });
  }

  /** Commits the next writes of a user, and breaks the connection instead of saying so. */
  dropAcks(count: number, userId: string): Promise<void> {
    return this.#order('drop_acks', { count, user_id: userId });
  }

  async #order(path: string, body: unknown): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${this.control}/${path}`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`the control port answered ${path} with ${response.status}: ${await response.text()}`);
  }
}

function run(data: string, port: number, control: number): Promise<Child> {
  const program = process.env['CAUSERIE_BIN'];
  if (!program) throw new Error('CAUSERIE_BIN must name the program causerie, built with the feature control');
  const args = ['serve', '--dev', '--listen', `127.0.0.1:${port}`, '--data', data, '--control', `127.0.0.1:${control}`, '--end-with-stdin'];
  // The same secret in every life of it: tokens stay good.
  return Child.start(program, args, 'listening on ', { CAUSERIE_JWT_SECRET: 'a secret of the tests, which is long enough', CAUSERIE_LOG: 'error' });
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
