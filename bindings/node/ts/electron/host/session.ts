import type { Client, Conversation, Timeline } from '../../api.js';
import { type Fault, mistake } from '../../error.js';
import type { Ask, Calls, Envelope, Port, Tell, Topics } from '../link.js';
import { PROTOCOL, REPEATABLE, WINDOW } from '../link.js';
import { Refusal, failed, faultOf, passing, success } from '../link/fault.js';
import { type Check, ID_LENGTH, isRecord } from './check.js';
import type { Ledger } from './ledger.js';
import { METHODS, type Context } from './methods.js';
import { TOPICS, type Source } from './topics.js';
import { Watch } from './watch.js';

/** Calls of one renderer that may be under way, and watches that it may have. */
const CALLS = 1024;
const WATCHES = 4096;

/** What all sessions of a host share. */
export interface House {
  /** The host's name. */
  readonly name: string;
  readonly ledger: Ledger;
  client(): Promise<Client>;
  /** A session's user types in a conversation, or stopped. */
  typing(session: Session, conversation: Conversation, typing: boolean): Promise<void>;
  /** It has ended. */
  left(session: Session): void;
  /** Something of the host's own failed. */
  report(thrown: unknown): void;
}

/**
 * What the host has going for one renderer, until its port closes. Nothing that the renderer says is
 * believed: what is wrong is answered with a fault, and changes nothing.
 */
export class Session {
  private renderer: string | null = null;
  private client: Client | null = null;
  private readonly calls = new Map<number, AbortController>();
  /** Those of the calls that go on without the renderer. */
  private readonly writes = new Set<number>();
  private readonly watches = new Map<number, Watch>();
  private over = false;

  constructor(
    private readonly port: Port,
    private readonly house: House,
  ) {
    port.onClose(() => this.end());
    port.onMessage((message) => {
      try {
        this.take(message);
      } catch (thrown) {
        this.answer(readable(message), failed(this.told(thrown)));
      }
    });
  }

  /** What it has going. */
  get counts(): { readonly calls: number; readonly watches: number } {
    return { calls: this.calls.size, watches: this.watches.size };
  }

  /** The host ends. */
  dismiss(reason: string): void {
    this.tell({ t: 'bye', reason });
    this.port.close();
    this.end();
  }

  private take(message: unknown): void {
    if (this.over) return;
    if (!isRecord(message)) throw new Refusal(mistake('invalid', 'this is no message'));
    const ask = message as Partial<Ask>;
    if (ask.t === 'hello') return this.greet(message);
    if (ask.t === 'bye') return this.leave();
    const { client } = this;
    if (!client) throw new Refusal(mistake('invalid', 'the first message is hello, and its answer is waited for'));
    const id = numbered(message);
    switch (ask.t) {
      case 'call':
        if (this.calls.has(id)) throw new Refusal(mistake('invalid', 'a call of this number is under way'));
        return void this.call(client, id, message);
      case 'cancel':
        return this.calls.get(id)?.abort();
      case 'watch':
        return this.watch(client, id, message);
      case 'ack':
        return this.watches.get(id)?.acknowledge();
      case 'end':
        void this.watches.get(id)?.end();
        this.watches.delete(id);
        return;
      default:
        throw new Refusal(mistake('invalid', 'there is no such message'));
    }
  }

  private greet(message: Record<string, unknown>): void {
    const { protocol, renderer } = message;
    if (this.renderer !== null) throw new Refusal(mistake('invalid', 'hello was said'));
    if (typeof renderer !== 'string' || renderer === '' || renderer.length > ID_LENGTH) {
      throw new Refusal(mistake('invalid', 'renderer: a name is wanted'));
    }
    if (protocol !== PROTOCOL) {
      this.tell({ t: 'refused', fault: mistake('other_version', `the host speaks version ${PROTOCOL} of the link`) });
      return;
    }
    this.renderer = renderer;
    this.house.client().then(
      (client) => {
        if (this.over) return;
        this.client = client;
        this.tell({ t: 'hello', protocol: PROTOCOL, host: this.house.name, userId: client.userId });
      },
      (thrown: unknown) => {
        this.renderer = null;
        this.tell({ t: 'refused', fault: this.told(thrown) });
      },
    );
  }

  private leave(): void {
    if (this.renderer !== null) this.house.ledger.forget(this.renderer);
    this.port.close();
    this.end();
  }

  private async call(client: Client, id: number, message: Record<string, unknown>): Promise<void> {
    const { calls } = this;
    const ending = new AbortController();
    calls.set(id, ending);
    try {
      const result = await this.carryOut(client, id, message, ending.signal);
      this.settle(id, result);
    } catch (thrown) {
      this.settle(id, failed(this.told(thrown)));
    }
  }

  private async carryOut(
    client: Client,
    id: number,
    message: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<Envelope> {
    if (this.calls.size > CALLS) throw new Refusal(passing('busy', `more than ${CALLS} calls are under way`));
    const method = named<Calls>(METHODS, message['method'], 'unknown_method');
    const { checks, run } = METHODS[method] as {
      checks: readonly Check<unknown>[];
      run(context: Context, ...args: unknown[]): Promise<unknown>;
    };
    const args = checked(checks, message['args']);
    const context = this.context(client, signal);
    const write = async (): Promise<Envelope> => {
      try {
        return success(await run(context, ...args));
      } catch (thrown) {
        // Nobody waits: it is nothing of the host's that failed.
        return failed(signal.aborted ? passing('aborted', 'the call was cancelled') : this.told(thrown));
      }
    };
    if (REPEATABLE.has(method) || this.renderer === null) return write();
    this.writes.add(id);
    return this.house.ledger.once(this.renderer, id, write);
  }

  private context(client: Client, signal: AbortSignal): Context {
    return {
      client,
      signal,
      timeline: async (id) => {
        const timeline: Timeline | null = (await this.watches.get(id)?.timeline()) ?? null;
        if (!timeline) throw new Refusal(mistake('timeline_closed', 'no timeline of this number is open'));
        return timeline;
      },
      typing: (conversation, typing) => this.house.typing(this, conversation, typing),
    };
  }

  private watch(client: Client, id: number, message: Record<string, unknown>): void {
    const end = (thrown: unknown): void => {
      this.tell({ t: 'done', id, fault: thrown === null ? null : this.told(thrown) });
    };
    if (this.watches.has(id)) throw new Refusal(mistake('invalid', 'a watch of this number is open'));
    try {
      if (this.watches.size >= WATCHES) throw new Refusal(passing('busy', `more than ${WATCHES} watches are open`));
      const topic = named<Topics>(TOPICS, message['topic'], 'unknown_topic');
      const { checks, open } = TOPICS[topic] as {
        checks: readonly Check<unknown>[];
        open(client: Client, signal: AbortSignal, ...args: unknown[]): Source | Promise<Source>;
      };
      const args = checked(checks, message['args']);
      const watch = new Watch((signal) => open(client, signal, ...args), WINDOW[topic], {
        next: (value) => this.tell({ t: 'next', id, value }),
        done: (thrown) => {
          this.watches.delete(id);
          end(thrown);
        },
      });
      this.watches.set(id, watch);
    } catch (thrown) {
      end(thrown);
    }
  }

  private end(): void {
    if (this.over) return;
    this.over = true;
    // Writes go on: a renderer whose connection broke asks for their answers.
    for (const [id, call] of this.calls) if (!this.writes.has(id)) call.abort();
    for (const watch of this.watches.values()) void watch.end();
    this.watches.clear();
    this.house.left(this);
  }

  private settle(id: number, result: Envelope): void {
    this.calls.delete(id);
    this.writes.delete(id);
    this.answer(id, result);
  }

  private answer(id: number | null, result: Envelope): void {
    this.tell({ t: 'result', id, result });
  }

  private tell(message: Tell): void {
    if (this.over) return;
    try {
      this.port.post(message);
    } catch (thrown) {
      this.house.report(thrown);
    }
  }

  private told(thrown: unknown): Fault {
    const fault = faultOf(thrown);
    if (fault.code === 'internal') this.house.report(thrown);
    return fault;
  }
}

/** The number of a message, if it can be read: for the answer that it is wrong. */
function readable(message: unknown): number | null {
  return isRecord(message) && Number.isSafeInteger(message['id']) ? (message['id'] as number) : null;
}

function numbered(message: Record<string, unknown>): number {
  const { id } = message;
  if (Number.isSafeInteger(id) && (id as number) >= 0) return id as number;
  throw new Refusal(mistake('invalid', 'id: a whole number from 0 on is wanted'));
}

function named<T>(table: object, name: unknown, code: string): keyof T & string {
  // Its own only: `constructor` is none of them.
  if (typeof name === 'string' && Object.hasOwn(table, name)) return name as keyof T & string;
  throw new Refusal(mistake(code, 'there is none of this name'));
}

function checked(checks: readonly Check<unknown>[], args: unknown): unknown[] {
  if (!Array.isArray(args)) throw new Refusal(mistake('invalid', 'args: a list is wanted'));
  if (args.length > checks.length) throw new Refusal(mistake('invalid', `args: ${checks.length} are wanted`));
  return checks.map((check, place) => check(args[place], `args[${place}]`));
}
