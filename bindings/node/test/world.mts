import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { after, type TestContext } from 'node:test';
import { Causerie, type OpenOptions, type State } from 'causerie';

/** How long something may take that has to come. */
export const PATIENCE = 30_000;

/** A promise that has to be settled before long. */
export async function soon<T>(promise: PromiseLike<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('waited in vain')), PATIENCE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The first value of a state that is as it should be. */
export async function until<T>(state: State<T>, fits: (value: T) => boolean): Promise<T> {
  const looking = async (): Promise<T> => {
    for await (const value of state) if (fits(value)) return value;
    throw new Error(`it ended as ${JSON.stringify(state.current)}`);
  };
  return soon(looking());
}

/** `causerie serve --dev` on a port of its own, and folders; one for a file of tests. */
export class World {
  readonly #process: ChildProcess;
  readonly folder: string;
  readonly url: string;

  private constructor(process: ChildProcess, folder: string, url: string) {
    this.#process = process;
    this.folder = folder;
    this.url = url;
  }

  /** Starts one, which ends with the tests. */
  static async begin(): Promise<World> {
    const folder = mkdtempSync(path.join(tmpdir(), 'causerie-node-'));
    const program = process.env['CAUSERIE_BIN'];
    assert.ok(program, 'CAUSERIE_BIN names the server');
    const args = ['serve', '--dev', '--listen', '127.0.0.1:0', '--data', path.join(folder, 'server')];
    // However this process ends, the server does not outlive it.
    const server = spawn(program, [...args, '--end-with-stdin'], { stdio: ['pipe', 'pipe', 'ignore'] });
    const [line] = (await soon(once(readline.createInterface({ input: server.stdout }), 'line'))) as [string];
    assert.match(line, /^listening on /);
    const world = new World(server, folder, line.split(' ').at(-1) ?? '');
    after(() => world.end());
    return world;
  }

  async end(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.stdin?.end();
    await soon(ended);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What the app's backend would give. */
  readonly token = async (request: { readonly userId: string }): Promise<string> => {
    const url = this.url.replace('ws://', 'http://').replace(/\/ws$/, '/dev/token');
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ user_id: request.userId }),
    });
    assert.ok(answer.ok);
    return ((await answer.json()) as { token: string }).token;
  };

  options(user: string, more: Partial<OpenOptions> = {}): OpenOptions {
    return { url: this.url, user, dir: path.join(this.folder, user), token: this.token, ...more };
  }

  /** A client that is closed with the test. */
  async open(test: TestContext, user: string, more: Partial<OpenOptions> = {}): Promise<Causerie> {
    const client = await soon(Causerie.open(this.options(user, more)));
    test.after(() => client.close());
    return client;
  }

  /** One that is connected. */
  async live(test: TestContext, user: string): Promise<Causerie> {
    const client = await this.open(test, user);
    await client.start();
    await until(client.connection, ({ kind }) => kind === 'live');
    return client;
  }
}
