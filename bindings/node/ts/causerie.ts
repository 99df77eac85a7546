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
  OpenOptions,
  Outbox,
  SignOutOptions,
  State,
  Stats,
  Users,
} from './api.js';
import { OpenConversation } from './conversation.js';
import { Core, translate } from './internal/core.js';
import { applyList } from './internal/list.js';
import { addon } from './internal/load.js';
import { Pulled } from './internal/pulled.js';
import * as read from './internal/read.js';
import { kept } from './internal/same.js';
import { Value } from './internal/state.js';
import { asked } from './internal/tokens.js';
import { unlessAborted } from './internal/wait.js';
import * as write from './internal/write.js';
import { OpenOutbox } from './outbox.js';
import { OpenUsers } from './users.js';

/**
 * A client over the native library, in this process.
 *
 * ```ts
 * const chat = await Causerie.open({ url, user: 'alice', dir, token: () => api.token() });
 * await chat.start(); // connects, and stays connected by itself
 * ```
 *
 * Opening the same folder again while it is open in this process, in a worker too, gives another handle
 * to the same data; another process cannot open it meanwhile. A client alone keeps no process alive: a
 * call or a loop that waits does. Whoever forgets to close leaves that to the end of the process, or of
 * the worker.
 */
export class Causerie implements Client {
  readonly #core: Core;
  readonly #connection: Value<ConnectionState>;
  readonly #conversations: Value<readonly ConversationItem[]>;
  #closing: Promise<void> | undefined;
  readonly userId: string;
  readonly outbox: Outbox;
  readonly users: Users;

  private constructor(core: Core) {
    this.#core = core;
    const { client } = core;
    this.userId = client.userId();
    this.#connection = new Value(read.connection(client.connection()));
    this.#conversations = new Value<readonly ConversationItem[]>(client.conversations().map(read.conversation));
    core.own(() => this.#conversations.end());
    this.#watch();
    this.outbox = new OpenOutbox(core);
    this.users = new OpenUsers(core);
  }

  /**
   * Opens the local data of a user; it works offline, and connects only with `start`.
   *
   * @throws CauserieError `data_dir` if the folder cannot be used, `invalid` (address, id or folder),
   * `in_use` by another process, `other_user`, `other_server`, `outdated` by data of a newer version,
   * `disk_full`; `no_library` if the native library is not there, and `other_library` if it is of
   * another version.
   */
  static async open(options: OpenOptions): Promise<Causerie> {
    const given = write.open(options);
    let abandoned = false;
    return unlessAborted(
      options,
      async () => {
        try {
          const client = await addon().Client.open(given, asked(options.token));
          const opened = new Causerie(new Core(client));
          if (abandoned) await opened.close();
          return opened;
        } catch (error) {
          throw translate(error);
        }
      },
      () => {
        abandoned = true;
      },
    );
  }

  get connection(): State<ConnectionState> {
    return this.#connection;
  }

  get conversations(): State<readonly ConversationItem[]> {
    return this.#conversations;
  }

  start(): Promise<void> {
    return this.#core.call((client) => client.start());
  }

  stop(): Promise<void> {
    return this.#core.call((client) => client.stop());
  }

  suspend(): Promise<void> {
    return this.#core.call((client) => client.suspend());
  }

  resume(): Promise<void> {
    return this.#core.call((client) => client.resume());
  }

  syncNow(options?: CallOptions): Promise<void> {
    return this.#core.ask((client, cancel) => client.syncNow(cancel), options);
  }

  networkChanged(hint: NetworkHint): void {
    const given = write.hint(hint);
    // The system's events do not know of the end yet.
    if (!this.#core.ended) this.#core.look((client) => client.networkChanged(given));
  }

  conversation(id: string): Conversation {
    const inner = this.#core.look((client) => client.conversation(write.text('id', id)));
    return new OpenConversation(this.#core, inner, id, this.#conversations);
  }

  async openDirect(userId: string, options?: CallOptions): Promise<Conversation> {
    const inner = await this.#core.call(async (client) => client.openDirect(write.text('userId', userId)), options);
    return new OpenConversation(this.#core, inner, inner.id(), this.#conversations);
  }

  async createConversation(conversation: NewConversation, options?: CallOptions): Promise<Conversation> {
    const inner = await this.#core.call(
      async (client) => client.createConversation(write.newConversation(conversation)),
      options,
    );
    return new OpenConversation(this.#core, inner, inner.id(), this.#conversations);
  }

  events(filter?: EventFilter, options?: CallOptions): AsyncIterableIterator<Event> {
    const events = this.#core.look((client) => client.events(write.filter(filter)));
    return new Pulled(events, (batch) => batch.map(read.event), this.#core.own, options);
  }

  async stats(): Promise<Stats> {
    return read.stats(await this.#core.call((client) => client.stats()));
  }

  async signOut(options: SignOutOptions): Promise<void> {
    const unsent = write.unsent(options.unsent);
    await this.#core.call((client) => client.signOut(options.wipe, unsent));
    await this.close();
  }

  close(): Promise<void> {
    this.#closing ??= this.#core.close();
    this.#connection.set({ kind: 'closed', reason: 'the client is closed' });
    this.#connection.end();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #watch(): void {
    const { client } = this.#core;
    const connections = client.onConnection((status) => {
      // Another handle signed out.
      if (status === null) void this.close();
      else this.#connection.set(kept(this.#connection.current, read.connection(status)));
    });
    this.#core.own(() => connections.cancel());
    const lists = client.onConversations((update) => {
      if (update !== null) this.#conversations.set(applyList(this.#conversations.current, update));
    });
    this.#core.own(() => lists.cancel());
  }
}
