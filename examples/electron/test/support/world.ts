import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, type Page, chromium } from 'playwright-core';
import { Child } from './child.js';
import { Person } from './person.js';
import { Server, freePort } from './server.js';

const KEY = 'a-key-of-the-tests';
/** Everything here waits for something to happen, and for so long at most. */
const PATIENCE = 20_000;

export async function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** A server, a local bridge with the real host and addon, and a browser. */
export class World {
  #bridge: Child | null = null;
  readonly #contexts: BrowserContext[] = [];
  /** What pages threw and refused: nobody looks at a console in a test. */
  readonly faults: string[] = [];

  private constructor(readonly server: Server, readonly browser: Browser, private readonly folder: string, readonly port: number) {}

  static async start(): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'causerie-electron-'));
    const world = new World(await Server.start(join(folder, 'server')), await launch(), folder, await freePort());
    await world.startHost();
    return world;
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts the bridge, where it was. */
  async startHost(): Promise<void> {
    const args = [join(import.meta.dirname, '../bridge/bridge.js'), '--server', this.server.url, '--data', join(this.folder, 'hosts'), '--port', String(this.port), '--key', KEY];
    this.#bridge = await Child.start(process.execPath, args, 'open ');
  }

  /** Ends the process that has the core, by default in the middle of whatever it does. */
  async stopHost(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    await this.#bridge?.end(signal);
  }

  /** A window of a user, in a browser profile of its own. */
  async person(userId: string, options: { colorScheme?: 'light' | 'dark'; viewport?: { width: number; height: number } } = {}): Promise<Person> {
    const context = await this.browser.newContext({ viewport: { width: 1180, height: 780 }, locale: 'en-GB', colorScheme: 'light', ...options });
    this.#contexts.push(context);
    const page = await context.newPage();
    await this.#open(page, userId);
    return new Person(page, userId);
  }

  /** One more window of the same user, in the same profile. */
  async window(person: Person): Promise<Person> {
    const page = await person.page.context().newPage();
    await this.#open(page, person.userId);
    return new Person(page, person.userId);
  }

  async #open(page: Page, userId: string): Promise<void> {
    page.setDefaultTimeout(PATIENCE);
    page.on('pageerror', (error) => this.faults.push(`${userId}: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('WebSocket connection')) this.faults.push(`${userId}: ${message.text()}`);
    });
    await page.goto(`${this.address}/?key=${KEY}&user=${userId}`);
  }

  /** Closes the windows of one test. */
  async closeWindows(): Promise<void> {
    await Promise.all(this.#contexts.splice(0).map((context) => context.close()));
  }

  async end(): Promise<void> {
    await this.closeWindows();
    await this.browser.close();
    await this.stopHost('SIGTERM');
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
