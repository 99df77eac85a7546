import type {
  CallOptions,
  Client,
  ConnectionState,
  Conversation,
  ConversationItem,
  Event,
  EventFilter,
  NetworkHint,
  NewConversation,
  OutboxEntry,
  SignOutOptions,
  State,
  Stats,
  Timeline,
  TimelineOptions,
} from '../../api.js';
import { kept } from '../../internal/same.js';
import { Looked, Value } from '../../internal/state.js';
import { patched, type ListPatch } from '../link/patch.js';
import { RemoteConversation, type Home } from './conversation.js';
import { RemoteOutbox } from './outbox.js';
import { stream } from './stream.js';
import { RemoteTimeline } from './timeline.js';
import { RemoteUsers } from './users.js';
import { type Connect, type LinkState, Wire } from './wire.js';

/** A client in a renderer. */
export interface RendererClient extends Client {
  /** How the connection to the host is. `connection` tells of it, too: it waits while there is no host. */
  readonly link: State<LinkState>;
}

/** The client on this side. */
export class RemoteClient implements RendererClient, Home {
  readonly wire: Wire;
  readonly link = new Value<LinkState>({ kind: 'lost', attempt: 0, retryIn: 0 });
  readonly connection = new Value<ConnectionState>({ kind: 'disconnected' });
  readonly conversations = new Value<readonly ConversationItem[]>([]);
  readonly outbox: RemoteOutbox;
  readonly users: RemoteUsers;
  private readonly entries = new Value<readonly OutboxEntry[]>([]);
  private readonly opened = new Map<string, RemoteConversation>();
  private readonly enders = new Set<() => void>();
  /** Those that are open, with what ends what is followed for them. */
  private readonly timelines = new Map<RemoteTimeline, () => void>();
  private byId: { readonly list: readonly ConversationItem[]; readonly map: ReadonlyMap<string, ConversationItem> } | null = null;
  /** What the host said last; what is shown may be that there is no host. */
  private told: ConnectionState = { kind: 'disconnected' };

  constructor(connect: Connect) {
    this.wire = new Wire(connect, (state) => this.linked(state));
    this.outbox = new RemoteOutbox(this.wire, this.entries);
    this.users = new RemoteUsers(this.wire);
  }

  get userId(): string {
    return this.wire.userId;
  }

  /** How much it has under way. */
  get counts(): { readonly calls: number; readonly watches: number; readonly timelines: number } {
    return { ...this.wire.counts, timelines: this.timelines.size };
  }

  /** Connects, and waits for the states that are there at once. */
  async open({ signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const abort = (): void => this.wire.close('opening was aborted');
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const first = Promise.all([this.followConnection(), this.followConversations(), this.followOutbox()]);
      await Promise.all([this.wire.open(), first]);
    } catch (error) {
      this.wire.close('opening failed');
      throw signal?.aborted ? signal.reason : error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  async start(): Promise<void> {
    await this.wire.call('start', []);
  }

  async stop(): Promise<void> {
    await this.wire.call('stop', []);
  }

  async suspend(): Promise<void> {
    await this.wire.call('suspend', []);
  }

  async resume(): Promise<void> {
    await this.wire.call('resume', []);
  }

  async syncNow({ signal }: CallOptions = {}): Promise<void> {
    await this.wire.call('syncNow', [], signal);
  }

  networkChanged(hint: NetworkHint): void {
    // A hint that nobody hears is none.
    this.wire.call('networkChanged', [hint]).catch(() => undefined);
  }

  conversation(id: string): Conversation {
    return this.known(id);
  }

  async openDirect(userId: string, { signal }: CallOptions = {}): Promise<Conversation> {
    return this.conversation(await this.wire.call('openDirect', [userId], signal));
  }

  async createConversation(conversation: NewConversation, { signal }: CallOptions = {}): Promise<Conversation> {
    return this.conversation(await this.wire.call('createConversation', [conversation], signal));
  }

  events(filter: EventFilter = {}, options: CallOptions = {}): AsyncIterableIterator<Event> {
    return stream(this.wire, 'events', [filter], options, { missed: (count) => ({ kind: 'missed', count }) });
  }

  stats(): Promise<Stats> {
    return this.wire.call('stats', []);
  }

  async signOut({ wipe, unsent }: SignOutOptions): Promise<void> {
    await this.wire.call('signOut', [wipe, unsent ?? null]);
  }

  async close(): Promise<void> {
    this.wire.close('the client is closed');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  item(id: string): State<ConversationItem | null> {
    return new Looked<ConversationItem | null>(null, {
      look: () => this.find(this.conversations.current, id),
      begin: (changed) => this.conversations.subscribe(changed),
      own: (end) => {
        this.enders.add(end);
        return () => this.enders.delete(end);
      },
    });
  }

  async openTimeline(conversationId: string, options: TimelineOptions & CallOptions): Promise<Timeline> {
    const opening = { conversationId, at: options.at ?? null, page: options.page ?? null };
    const timeline = await RemoteTimeline.open(this.wire, opening, options, (ended) => {
      this.timelines.get(ended)?.();
      this.timelines.delete(ended);
    });
    if (!timeline.ended) this.timelines.set(timeline, this.known(conversationId).follow());
    return timeline;
  }

  private known(id: string): RemoteConversation {
    const known = this.opened.get(id);
    if (known) return known;
    const conversation = new RemoteConversation(id, this);
    this.opened.set(id, conversation);
    return conversation;
  }

  /** One look at a list of thousands for all that ask. */
  private find(list: readonly ConversationItem[], id: string): ConversationItem | null {
    if (this.byId?.list !== list) this.byId = { list, map: new Map(list.map((item) => [item.conversationId, item])) };
    return this.byId.map.get(id) ?? null;
  }

  private followConnection(): Promise<void> {
    return new Promise((resolve) => {
      this.wire.watch('connection', [], {
        next: (state) => {
          this.told = kept(this.told, state as ConnectionState);
          this.connection.set(this.told);
          resolve();
        },
        done: () => resolve(),
      });
    });
  }

  private followConversations(): Promise<void> {
    return this.followList('conversations', this.conversations, (item) => item.conversationId);
  }

  private followOutbox(): Promise<void> {
    return this.followList('outbox', this.entries, (entry) => entry.key);
  }

  private followList<T>(
    topic: 'conversations' | 'outbox',
    state: Value<readonly T[]>,
    key: (item: T) => string,
  ): Promise<void> {
    return new Promise((resolve) => {
      // The first patch of a connection holds the whole list.
      this.wire.watch(topic, [], {
        next: (patch) => {
          state.set(patched(state.current, patch as ListPatch<T>, key));
          resolve();
        },
        done: () => resolve(),
      });
    });
  }

  private linked(state: LinkState): void {
    this.link.set(state);
    if (state.kind === 'connected') this.connection.set(this.told);
    else if (state.kind === 'lost') {
      const { attempt, retryIn } = state;
      this.connection.set({ kind: 'waiting', attempt, retryIn, reason: 'the host is gone' });
    } else {
      this.connection.set({ kind: 'closed', reason: state.reason });
      this.end();
    }
  }

  private end(): void {
    for (const conversation of this.opened.values()) conversation.end();
    this.users.end();
    for (const end of [...this.enders]) end();
    for (const state of [this.link, this.connection, this.conversations, this.entries]) state.end();
  }
}
