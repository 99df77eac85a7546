import type { Calls, Envelope, Port, Tell, Topics } from '../link.js';
import { PROTOCOL, REPEATABLE } from '../link.js';
import { type Fault, failure, mistake } from '../../error.js';
import { isFault, passing, undecided } from '../link/fault.js';

/** How a port to the host is made; called again whenever the one before broke. */
export type Connect = () => Port | Promise<Port>;

/** How the connection to the host is. */
export type LinkState =
  | { readonly kind: 'connected' }
  /** It broke, or there is none yet; the next attempt, from 1, is in `retryIn` milliseconds. */
  | { readonly kind: 'lost'; readonly attempt: number; readonly retryIn: number }
  /** Ended for good. */
  | { readonly kind: 'closed'; readonly reason: string };

/** Where a watch's values go. */
export interface Taker {
  next(value: unknown): void;
  /** It ended, not by this side; with what went wrong, if something did. */
  done?(fault: Fault | null): void;
  /** The next value is the first of a new sequence: the way broke meanwhile. */
  again?(): void;
  /** What to ask for then, in place of what was asked for first. */
  args?(): readonly unknown[];
}

interface Call {
  readonly method: keyof Calls;
  readonly args: readonly unknown[];
  /** Whether a host may have it. */
  posted: boolean;
  readonly settle: (result: Envelope) => void;
}

interface Watched {
  readonly topic: keyof Topics;
  readonly args: readonly unknown[];
  readonly taker: Taker;
}

/** Until a connection is tried again: the first time, and at most, in milliseconds. */
const PAUSE = 50;
const LONGEST_PAUSE = 2_000;
/** Calls that may wait for a connection. */
const CALLS = 1024;
/** How long a call waits for a host before it fails, in milliseconds. */
const PATIENCE = 10_000;

/**
 * The way to the host: numbers the calls and watches, and keeps them over a connection that breaks.
 *
 * Calls that were not answered are made again, if the same host answers: it knows the writes that it
 * carried out. Before another host, only what is as good twice is; the rest fails with `interrupted`.
 */
export class Wire {
  userId = '';
  state: LinkState = { kind: 'lost', attempt: 0, retryIn: 0 };
  private readonly renderer = globalThis.crypto.randomUUID();
  private readonly calls = new Map<number, Call>();
  private readonly watches = new Map<number, Watched>();
  private host: string | null = null;
  private port: Port | null = null;
  private last = 0;
  private attempts = 0;
  /** Set while it is lost; when it fires, calls wait no longer. */
  private patience: ReturnType<typeof setTimeout> | undefined;
  private impatient = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private opened: { resolve(): void; reject(error: unknown): void } | null = null;

  constructor(
    private readonly connect: Connect,
    private readonly onState: (state: LinkState) => void,
  ) {}

  /** How much is under way: for tests that nothing is left over. */
  get counts(): { readonly calls: number; readonly watches: number } {
    return { calls: this.calls.size, watches: this.watches.size };
  }

  /** Connects; rejects if the host refuses. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.opened = { resolve, reject };
      void this.attempt();
    });
  }

  /** Calls the host. An aborted call rejects with the signal's reason, and may be carried out all the same. */
  call<M extends keyof Calls>(method: M, args: Parameters<Calls[M]>, signal?: AbortSignal): Promise<ReturnType<Calls[M]>> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.state.kind === 'closed') throw failure(closed(this.state.reason));
      if (this.impatient) throw failure(UNREACHABLE);
      if (this.calls.size >= CALLS) throw failure(passing('busy', `${CALLS} calls wait for the host`));
      const id = ++this.last;
      const abort = (): void => {
        this.calls.delete(id);
        if (this.state.kind === 'connected') this.post({ t: 'cancel', id });
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      const call: Call = {
        method,
        args,
        posted: false,
        settle: (result) => {
          this.calls.delete(id);
          signal?.removeEventListener('abort', abort);
          if (result.ok) resolve(result.value as ReturnType<Calls[M]>);
          else reject(failure(result.fault));
        },
      };
      this.calls.set(id, call);
      if (this.state.kind === 'connected') this.make(id, call);
    });
  }

  /** Watches something, over all connections, until `stop`. */
  watch<T extends keyof Topics>(topic: T, args: Parameters<Topics[T]>, taker: Taker): { readonly id: number; stop(): void } {
    const id = ++this.last;
    this.watches.set(id, { topic, args, taker });
    if (this.state.kind === 'connected') this.post({ t: 'watch', id, topic, args });
    else if (this.state.kind === 'closed') {
      this.watches.delete(id);
      taker.done?.(closed(this.state.reason));
    }
    return {
      id,
      stop: () => {
        if (this.watches.delete(id) && this.state.kind === 'connected') this.post({ t: 'end', id });
      },
    };
  }

  /** Ends everything on this side, and says so to the other. */
  close(reason: string): void {
    if (this.state.kind === 'closed') return;
    this.post({ t: 'bye' });
    this.port?.close();
    this.finish(reason);
  }

  private async attempt(): Promise<void> {
    if (this.state.kind === 'closed') return;
    let port: Port;
    try {
      port = await this.connect();
    } catch {
      this.lost(null);
      return;
    }
    if (this.state.kind !== 'lost') {
      port.close();
      return;
    }
    this.port = port;
    port.onClose(() => this.lost(port));
    port.onMessage((message) => {
      // What is no message, a host of another make said.
      if (this.port === port && typeof message === 'object' && message !== null) this.take(message as Tell);
    });
    this.post({ t: 'hello', protocol: PROTOCOL, renderer: this.renderer });
  }

  private take(message: Tell): void {
    switch (message.t) {
      case 'hello':
        return this.begin(message.host, message.userId);
      case 'refused':
        return this.refused(isFault(message.fault) ? message.fault : mistake('internal', 'the host refused'));
      case 'result':
        if (message.id !== null) this.calls.get(message.id)?.settle(message.result);
        return;
      case 'next':
        this.next(message.id, message.value);
        return;
      case 'done': {
        const watched = this.watches.get(message.id);
        this.watches.delete(message.id);
        watched?.taker.done?.(message.fault);
        return;
      }
      case 'bye':
        this.port?.close();
        return this.finish(message.reason);
      default:
        // What a newer host says beside it.
        return;
    }
  }

  private next(id: number, value: unknown): void {
    const watched = this.watches.get(id);
    if (!watched) return;
    try {
      watched.taker.next(value);
    } finally {
      this.post({ t: 'ack', id });
    }
  }

  private begin(host: string, userId: string): void {
    if (this.userId !== '' && this.userId !== userId) {
      this.close('the host is another user’s');
      return;
    }
    const anew = this.host !== null;
    const replaced = anew && this.host !== host;
    this.host = host;
    this.userId = userId;
    this.attempts = 0;
    clearTimeout(this.patience);
    this.patience = undefined;
    this.impatient = false;
    this.set({ kind: 'connected' });
    for (const [id, { topic, args, taker }] of [...this.watches]) {
      if (anew) taker.again?.();
      this.post({ t: 'watch', id, topic, args: (anew ? taker.args?.() : undefined) ?? args });
    }
    for (const [id, call] of [...this.calls]) {
      if (call.posted && replaced && !REPEATABLE.has(call.method)) call.settle({ ok: false, fault: INTERRUPTED });
      else this.make(id, call);
    }
    this.opened?.resolve();
    this.opened = null;
  }

  private refused(fault: Fault): void {
    const { port } = this;
    if (this.opened) {
      this.opened.reject(failure(fault));
      this.opened = null;
      this.finish(fault.message);
      port?.close();
    } else if (fault.action === 'retryLater') {
      port?.close();
      this.lost(port);
    } else {
      port?.close();
      this.finish(fault.message);
    }
  }

  private lost(port: Port | null): void {
    if (this.state.kind === 'closed' || this.port !== port) return;
    this.port = null;
    const retryIn = this.attempts === 0 ? 0 : Math.min(PAUSE * 2 ** (this.attempts - 1), LONGEST_PAUSE);
    this.attempts += 1;
    this.set({ kind: 'lost', attempt: this.attempts, retryIn });
    // Before there was a host, whoever opens decides how long that may take.
    if (this.host !== null) this.patience ??= setTimeout(() => this.giveUp(), PATIENCE);
    this.timer = setTimeout(() => void this.attempt(), retryIn);
  }

  private giveUp(): void {
    this.impatient = true;
    for (const { posted, method, settle } of [...this.calls.values()]) {
      settle({ ok: false, fault: posted && !REPEATABLE.has(method) ? INTERRUPTED : UNREACHABLE });
    }
  }

  private make(id: number, call: Call): void {
    call.posted = true;
    this.post({ t: 'call', id, method: call.method, args: call.args });
  }

  private post(message: unknown): void {
    this.port?.post(message);
  }

  private finish(reason: string): void {
    clearTimeout(this.timer);
    clearTimeout(this.patience);
    this.port = null;
    this.set({ kind: 'closed', reason });
    this.opened?.reject(failure(closed(reason)));
    this.opened = null;
    for (const call of [...this.calls.values()]) call.settle({ ok: false, fault: closed(reason) });
    const watches = [...this.watches.values()];
    this.watches.clear();
    for (const { taker } of watches) taker.done?.(null);
  }

  private set(state: LinkState): void {
    this.state = state;
    this.onState(state);
  }
}

const INTERRUPTED = undecided(
  'interrupted',
  'the host was replaced before it answered: the write may have been taken; the outbox and the timeline tell',
);
const UNREACHABLE = passing('no_host', 'the host cannot be reached', LONGEST_PAUSE);

function closed(reason: string): Fault {
  return mistake('closed', reason);
}
