/// <reference lib="esnext.disposable" preserve="true" />
import type { ConnectionState, NetworkHint, TokenProvider } from './connection.js';
import type { Conversation, ConversationItem, NewConversation } from './conversation.js';
import type { Event, EventFilter } from './event.js';
import type { Outbox } from './outbox.js';
import type { CallOptions, State } from './state.js';
import type { Stats } from './stats.js';
import type { Users } from './user.js';

/** What opening takes. */
export interface OpenOptions extends CallOptions {
  /** The server: `wss://chat.example.org`. */
  readonly url: string;
  /** Whose client it is, as the app's tokens name the user. */
  readonly user: string;
  /** The folder for this user's data; made if it is not there. */
  readonly dir: string;
  /** Brings tokens. */
  readonly token: TokenProvider;
  /** After so many failed attempts in a row the connection is closed until `start`. Default: attempts never end. */
  readonly maxReconnectAttempts?: number | undefined;
  /** What a commit survives. Default: the death of the process. */
  readonly durability?: 'process' | 'powerLoss' | undefined;
}

/** What a sign-out does. */
export interface SignOutOptions {
  /** Whether all local data of the user is deleted. Without, it is kept for the next time. */
  readonly wipe: boolean;
  /** What becomes of writes that were not sent: by default the sign-out fails with `unsent`. */
  readonly unsent?: 'refuse' | 'discard' | undefined;
}

/**
 * One user on one device: a permanent connection, a cache and an outbox. `Causerie.open` gives one, and
 * so does the bridge to a renderer.
 *
 * All of it works offline but what says otherwise. It is open until `close` or `signOut`. Then its
 * loops end, its states keep their last value (`connection` becomes `closed`), and calls fail with
 * `closed`.
 */
export interface Client extends AsyncDisposable {
  /** Whose client this is. */
  readonly userId: string;

  /** How the connection stands: for a banner. Nothing else depends on it. */
  readonly connection: State<ConnectionState>;

  /**
   * The user's conversations in the order to show, newest activity first, with title and picture
   * resolved, unread counts, drafts, and messages that are still on their way. Those that did not
   * change keep their reference.
   */
  readonly conversations: State<readonly ConversationItem[]>;

  /** Writes that are on their way. */
  readonly outbox: Outbox;

  /** Names and pictures. */
  readonly users: Users;

  /**
   * Connects, and from then on stays connected: attempts go on for ever, with growing pauses. Also
   * after the user signed in again. Resolves before there is a connection.
   *
   * @throws CauserieError `closed`.
   */
  start(): Promise<void>;

  /** Disconnects until `start`. Everything else goes on working offline. */
  stop(): Promise<void>;

  /**
   * The app goes to the background: closes the socket, and every file and the lock on the folder. What
   * is written meanwhile is committed all the same. When this resolves, all is closed.
   */
  suspend(): Promise<void>;

  /** The app comes back: connects at once. */
  resume(): Promise<void>;

  /** Asks the server now for everything that changed; offline, once connected. Never needed to stay up to date. */
  syncNow(options?: CallOptions): Promise<void>;

  /** The system says that the network came, went or changed. It saves time; without it everything works, later. */
  networkChanged(hint: NetworkHint): void;

  /**
   * A conversation by its id. Whether this device knows it shows when it is used.
   *
   * @throws CauserieError `invalid` if it is no id.
   */
  conversation(id: string): Conversation;

  /**
   * The direct conversation with a user, made if this device does not know it. Offline, too: both sides
   * derive the same id from the two names.
   *
   * @throws CauserieError `invalid` if the id is malformed or one's own, `disk_full`, `closed`.
   */
  openDirect(userId: string, options?: CallOptions): Promise<Conversation>;

  /**
   * Makes a conversation. It can be used at once, also offline.
   *
   * @throws CauserieError `invalid` if a member's id is malformed or a limit is broken, `disk_full`, `closed`.
   */
  createConversation(conversation: NewConversation, options?: CallOptions): Promise<Conversation>;

  /**
   * What happens, from this call on. A reader that falls more than 1,024 events behind gets `missed` in
   * their place. Ends when the client is closed.
   *
   * @throws CauserieError `invalid` if the filter names what is no conversation.
   */
  events(filter?: EventFilter, options?: CallOptions): AsyncIterableIterator<Event>;

  /** Counters and latencies. */
  stats(): Promise<Stats>;

  /**
   * Signs the user out on this device, and closes the client, as well as other handles to the same
   * folder.
   *
   * @throws CauserieError `unsent` if there are writes that were not sent and are not to be lost; then
   * nothing has changed. `data_dir` if a file cannot be deleted; `closed`.
   */
  signOut(options: SignOutOptions): Promise<void>;

  /**
   * Gives this client up; with the last one of its folder, the connection and all files are closed, and
   * are so when this resolves. Nothing is lost: the outbox goes on when the folder is opened next. Once
   * more does nothing.
   */
  close(): Promise<void>;
}
