/**
 * The side that has the client: in Electron's main process, or better in a utility process, where its
 * work is in nobody's way.
 *
 * ```ts
 * const host = hostCauserie({ open: () => Causerie.open({ url, user, dir, token }) });
 * acceptParent(process.parentPort, host); // in a utility process
 * acceptWindows(ipcMain, host);           // or in the main process
 * ```
 *
 * Any number of renderers may be connected. What a renderer had going ends with its port: its watches,
 * its timelines, and that it types. No token and no path ever crosses to a renderer, and a renderer can
 * do nothing but what `Client` does.
 *
 * @module
 */
import type { Client, Conversation } from '../api.js';
import { report } from '../internal/report.js';
import { Ledger } from './host/ledger.js';
import { Session, type House } from './host/session.js';
import type { Port } from './link.js';

export type { Port } from './link.js';
export { messagePort, webSocket, type MessagePortLike, type WebSocketLike } from './link/port.js';
export {
  acceptParent,
  acceptWindows,
  superviseHost,
  type AcceptOptions,
  type HostProcess,
  type IpcMainLike,
  type ParentPortLike,
  type SuperviseOptions,
  type Supervisor,
} from './host/process.js';

/** How a host is made. */
export interface HostOptions {
  /**
   * Opens the one client. Called at once, and again when it failed and a renderer asks again. The host
   * closes it in the end.
   */
  open(): Client | Promise<Client>;
  /**
   * Told of what fails in the host itself. Default: its kind and its place go to the log, and not its
   * words, which may hold anything.
   */
  onError?: ((thrown: unknown) => void) | undefined;
}

/** What a host has going; all of it is 0 once nobody is connected. */
export interface HostCounts {
  readonly renderers: number;
  readonly calls: number;
  readonly watches: number;
  /** Conversations in which somebody types. */
  readonly typing: number;
}

/** A host. */
export interface Host extends AsyncDisposable {
  /** Serves a renderer, until its port closes. */
  accept(port: Port): void;
  /** The client. Rejects with what `open` threw. */
  client(): Promise<Client>;
  readonly counts: HostCounts;
  /** Tells all renderers that this is the end, and closes the client. */
  close(): Promise<void>;
}

/** Makes a host, which opens its client at once. */
export function hostCauserie(options: HostOptions): Host {
  return new Only(options);
}

class Only implements Host, House {
  readonly name = globalThis.crypto.randomUUID();
  readonly ledger = new Ledger();
  private readonly sessions = new Set<Session>();
  private readonly typists = new Map<string, { conversation: Conversation; sessions: Set<Session> }>();
  private opening: Promise<Client> | null = null;
  private closing: Promise<void> | null = null;

  constructor(private readonly options: HostOptions) {
    // Whoever connects is told why it failed.
    this.client().catch(() => undefined);
  }

  get counts(): HostCounts {
    const counts = { renderers: this.sessions.size, calls: 0, watches: 0, typing: this.typists.size };
    for (const session of this.sessions) {
      counts.calls += session.counts.calls;
      counts.watches += session.counts.watches;
    }
    return counts;
  }

  accept(port: Port): void {
    const session = new Session(port, this);
    this.sessions.add(session);
    if (this.closing) session.dismiss(ENDED);
  }

  client(): Promise<Client> {
    const { open } = this.options;
    this.opening ??= (async () => open())().catch((thrown: unknown) => {
      this.opening = null;
      throw thrown;
    });
    return this.opening;
  }

  async typing(session: Session, conversation: Conversation, typing: boolean): Promise<void> {
    const { id } = conversation;
    const typists = this.typists.get(id) ?? { conversation, sessions: new Set() };
    // Noted first: if the renderer goes meanwhile, it is told that this ended.
    if (typing) typists.sessions.add(session);
    else typists.sessions.delete(session);
    if (typists.sessions.size > 0) this.typists.set(id, typists);
    else this.typists.delete(id);
    await conversation.setTyping(typing);
  }

  left(session: Session): void {
    this.sessions.delete(session);
    for (const [id, { conversation, sessions }] of this.typists) {
      if (!sessions.delete(session) || sessions.size > 0) continue;
      this.typists.delete(id);
      conversation.setTyping(false).catch(() => undefined);
    }
  }

  report(thrown: unknown): void {
    const { onError } = this.options;
    try {
      if (onError) onError(thrown);
      else report('the host', thrown);
    } catch (again) {
      report('onError', again);
    }
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async end(): Promise<void> {
    for (const session of [...this.sessions]) session.dismiss(ENDED);
    const client = await this.opening?.catch(() => null);
    await client?.close();
  }
}

const ENDED = 'the host was closed';
