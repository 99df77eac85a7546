import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A program that says in one line of its output that it is ready. */
export class Child {
  private constructor(readonly process: ChildProcess, readonly said: string) {}

  static async start(program: string, args: readonly string[], says: string, env: NodeJS.ProcessEnv = {}): Promise<Child> {
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr!.on('data', (data: Buffer) => { errors = (errors + data.toString()).slice(-4_000); });
    const lines = createInterface({ input: child.stdout! });
    const said = await new Promise<string>((resolve, reject) => {
      lines.on('line', (line) => { if (line.startsWith(says)) resolve(line.slice(says.length).trim()); });
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`${program} ended with ${code} before it was ready: ${errors}`)));
    });
    return new Child(child, said);
  }

  /** Ends it, and waits until it is gone. `SIGKILL` is how a process dies that had no time. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill(signal);
    await gone;
  }
}
