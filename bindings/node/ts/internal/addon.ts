// Written by scripts/types.mjs from the Rust sources. Not to be edited.
/* eslint-disable */

/** What the caller does about a [`Fault`]. */
export type Action = 'retry_later' | 'ask_user' | 'sign_in' | 'fix_code';

/** A file that belongs to a message; its bytes are had by REST. */
export interface Attachment {
  /** The file on the server. */
  mediaId: string
  /** The name it had with its sender. */
  name: string
  /** Its media type, such as `image/jpeg`. */
  contentType: string
  /** Its size in bytes. */
  size: number
  /** Its SHA-256, in hexadecimal. */
  sha256: string
  /** Width of an image or a video, in pixels. */
  width?: number
  /** Height of an image or a video, in pixels. */
  height?: number
  /** A blurred stand-in, as a BlurHash. */
  blurhash?: string
  /** Length of a recording, in milliseconds. */
  durationMs?: number
  /** Loudness over time of a recording, base64. */
  waveform?: string
}

/** Ends calls that wait. */
export interface Cancellation {
  /**
   * Ends all calls that were given it, now and later: they fail with `cancelled`. What was asked
   * for may be done all the same. Once more does nothing.
   */
  cancel(): void
}

/** One user on one device. */
export interface Client {
  /** Whose client this is. */
  userId(): string
  /** Connects, and stays connected. */
  start(): Promise<void>
  /** Disconnects until the next start. */
  stop(): Promise<void>
  /** The app goes to the background: closes the socket, every file, and the lock on the folder. */
  suspend(): Promise<void>
  /** The app comes back: connects at once. */
  resume(): Promise<void>
  /** The system says that the network came, went or changed. */
  networkChanged(hint: NetworkHint): void
  /** Asks the server now for everything that changed. */
  syncNow(cancel?: Cancellation | undefined | null): Promise<void>
  /** Signs the user out on this device, and closes everything. */
  signOut(wipe: boolean, unsent: Unsent): Promise<void>
  /** Gives this client up; with the last one of its folder everything is closed. */
  end(): Promise<void>
  /** How the connection stands. */
  connection(): ConnectionStatus
  /** How the connection changes. */
  onConnection(listener: (status: ConnectionStatus | null) => void): Subscription
  /** The conversation list as it stands. */
  conversations(): Array<ConversationEntry>
  /** How the conversation list changes. */
  onConversations(listener: (update: ListUpdate | null) => void): Subscription
  /** A conversation by its id. Whether this device knows it shows when it is used. */
  conversation(id: string): Conversation
  /** The direct conversation with a user, made if this device does not know it; also offline. */
  openDirect(userId: string): Promise<Conversation>
  /** Makes a conversation. It can be used at once, also offline. */
  createConversation(conversation: NewConversation): Promise<Conversation>
  /** A user, if known on this device. */
  user(id: string): User | null
  /** All users known on this device, in no order. */
  users(): Array<User>
  /** Asks the server for up to 100 users. Those that are unknown or hidden are left out. */
  fetchUsers(ids: Array<string>, cancel?: Cancellation | undefined | null): Promise<Array<User>>
  /** What happens, errors included. */
  events(filter: EventFilter): Events
  /** The same, pushed. */
  onEvents(filter: EventFilter, listener: (events: Array<Event> | null) => void): Subscription
  /** Counters and latencies. */
  stats(): Promise<Stats>
  /** Every write that is queued or has failed, oldest first. */
  outbox(): Array<OutboxEntry>
  /** How the outbox changes. */
  onOutbox(listener: (update: OutboxUpdate | null) => void): Subscription
  /** How a write stands; `null` if nobody remembers it, or if it was cancelled. */
  writeStatus(key: string): SendStatus | null
  /** Waits until a write is sent or has failed. That may take as long as the user is offline. */
  settled(key: string, cancel?: Cancellation | undefined | null): Promise<SendStatus>
  /** Queues a failed write again, under the same key, as the last one. */
  retry(key: string): Promise<void>
  /**
   * Gives a write up. One that was never sent just goes; a message that may have reached the
   * server is deleted there, too.
   */
  cancelWrite(key: string): Promise<void>
}

/** Which state the connection is in. */
export type ConnectionKind = 'disconnected' | 'connecting' | 'authenticating' | 'live' | 'waiting' | 'sign_in_needed' | 'suspended' | 'closed';

/** How the connection stands. */
export interface ConnectionStatus {
  /** Which state. */
  kind: ConnectionKind
  /** Which attempt comes next, from 1. */
  attempt?: number
  /** In how many milliseconds. */
  retryInMs?: number
  /** Why it is so. */
  reason?: string
}

/**
 * One conversation. What writes is done after one local commit, connected or not, and gives the key
 * under which the write is shown, sent and confirmed.
 */
export interface Conversation {
  /** Its id. */
  id(): string
  /** Says something. The message is in every open timeline before this is done. */
  send(message: NewMessage): Promise<string>
  /** Changes what one's own message says. */
  edit(target: MessageTarget, text: string): Promise<string>
  /** Takes a message back, for everybody. One that was never sent just goes. */
  delete(target: MessageTarget): Promise<string>
  /** Puts an emoji on a message. */
  react(target: MessageTarget, emoji: string): Promise<string>
  /** Takes one's emoji off. */
  unreact(target: MessageTarget, emoji: string): Promise<string>
  /** Everything up to this seq is read; everything known, without one. */
  markRead(seq?: number | undefined | null): Promise<void>
  /** Call it with `true` at every keystroke. Nothing is told while offline. */
  typing(typing: boolean): Promise<void>
  /** Who types now. Known while a timeline of it is open. */
  typingUsers(): Array<string>
  /** How far others have read, as far as this device was told: while a timeline of it is open. */
  readCursors(): Promise<Array<ReadCursor>>
  /** A page of its members, from the server; the page's `cursor` gives the next. */
  members(cursor?: string | undefined | null, cancel?: Cancellation | undefined | null): Promise<MembersPage>
  /** Lets users in. Admins and the owner may. */
  addMembers(ids: Array<string>): Promise<string>
  /** Puts users out. Admins and the owner may. */
  removeMembers(ids: Array<string>): Promise<string>
  /** Changes what users may do, to `owner`, `admin` or `member`. Admins and the owner may. */
  setRole(ids: Array<string>, role: string): Promise<string>
  /** Changes title, picture or settings. Admins and the owner may. */
  update(changes: ConversationChanges): Promise<string>
  /** Leaves it. A direct conversation cannot be left. */
  quit(): Promise<string>
  /** What was typed and not sent. */
  draft(): string | null
  /** Keeps what was typed, on this device; forgets it without a text. */
  setDraft(text?: string | undefined | null): Promise<void>
  /** Opens a view of it, with pages of so many messages, 1 to 200; 50 by default. */
  timeline(start: TimelineStart, page?: number | undefined | null): Promise<Timeline>
}

/** Changes to a conversation. What is absent stays. */
export interface ConversationChanges {
  /** The new title. */
  title?: string
  /** The new picture. */
  avatar?: string
  /** The app's own settings, a JSON object; replaced as a whole. */
  settings?: string
}

/** A conversation as a list shows it. */
export interface ConversationEntry {
  /** Its id. */
  conversationId: string
  /** `direct`, `group` and so on, as `docs/protocol.md` §5 names them; new ones may come. */
  kind: string
  /** The group that it belongs to. */
  groupId?: string
  /** The title to show. */
  title: string
  /** The picture to show. */
  avatar?: string
  /** The other user of a direct conversation. */
  peerId?: string
  /** Whether this user belongs to it: `joined`, `invited` or `left`; new ones may come. */
  membership: string
  /** What this user may do: `owner`, `admin` or `member`; new ones may come. */
  role: string
  /** How many members it has. */
  membersCount: number
  /** Messages not read yet. */
  unread: number
  /** Those among them that mention this user. */
  mentionsUnread: number
  /** Whether this user muted it. */
  muted: boolean
  /** Whether this user archived it. */
  archived: boolean
  /** Whether this user pinned it. */
  pinned: boolean
  /** The newest message that the server has. */
  last?: LastMessage
  /** When there was last something, in milliseconds since 1970. */
  updatedAt: number
  /** The key of a message of this device that is on its way and newer than `last`. */
  pendingKey?: string
  /** What was typed and not sent. */
  draft?: string
}

/** What a diff does. */
export type DiffKind = 'reset' | 'insert' | 'update' | 'move' | 'remove';

/** What a commit survives. */
export type Durability = 'process' | 'power_loss';

/** Something that happened, with what its kind fills. */
export interface Event {
  /** What. */
  kind: EventKind
  /** Where, if it belongs to a conversation. */
  conversationId?: string
  /** How the connection stands. */
  connection?: ConnectionStatus
  /** Who. */
  userIds: Array<string>
  /** How far they have read. */
  cursors: Array<ReadCursor>
  /** Their names. */
  users: Array<User>
  /** What the server said, as JSON (`docs/protocol.md` §4). */
  frame?: string
  /** A stable word for what went wrong. */
  code?: string
  /** The same for a person. */
  message?: string
  /** Whether the SDK goes on by itself. */
  retryable?: boolean
  /** How many. */
  count?: number
}

/** Which events a listener wants. */
export interface EventFilter {
  /**
   * Only these kinds; all of them if empty. `fault` and `recovered` are one; `missed` comes
   * anyhow, and is none to ask for.
   */
  kinds: Array<EventKind>
  /** Only what belongs to this conversation, and what belongs to none. Default: everything. */
  conversationId?: string
}

/** What an event is. */
export type EventKind = 'connection' | 'typing' | 'cursors' | 'users' | 'server' | 'fault' | 'recovered' | 'missed';

/** What happens, oldest first, at most 256 at once. */
export interface Events {
  /** All that came since the last call, once there is something. */
  next(): Promise<Array<Event> | null>
  /** Ends it; who waits for the next gets `null`, at once. */
  end(): void
}

/** What went wrong. Each language throws it in its own way, with these fields. */
export interface Fault {
  /** A stable word, to compare, log and translate. It never changes its meaning. */
  code: string
  /** What to do about it. */
  action: Action
  /** For developers; may change. */
  message: string
  /** Whether the same call may succeed later. */
  retryable: boolean
  /** How long to wait before that has a chance, in milliseconds. */
  retryAfterMs?: number
}

/** The newest message of a conversation, as a list shows it. */
export interface LastMessage {
  /** The server's id. */
  messageId: string
  /** Its place in the conversation's order. */
  seq: number
  /** Who said it. */
  senderId: string
  /** `text`, `media` and so on, as `docs/protocol.md` §5 names them; new ones may come. */
  kind: string
  /**
   * The beginning of its text, of at most 200 characters; none for an object, a deleted one or
   * media without a caption.
   */
  text?: string
  /** When the server took it, in milliseconds since 1970. */
  createdAt: number
  /** When it was deleted. */
  deletedAt?: number
}

/** A change to the conversation list. Indexes count from the top. */
export interface ListDiff {
  /**
   * `reset`: `entries` is all of it. `insert`, `update`: the one entry, at `index`. `move`: the
   * one entry, from `from` to `index`, once it was taken out. `remove`: that at `from`.
   */
  kind: DiffKind
  /** The entries. */
  entries: Array<ConversationEntry>
  /** Where the entry is from now on. */
  index?: number
  /** Where it was. */
  from?: number
}

/** What changed in the conversation list. */
export interface ListUpdate {
  /** In order; each is applied to the result of the one before. */
  diffs: Array<ListDiff>
}

/** How much a record matters, or how much one wants to hear. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace';

/** One record. It holds no message content, no token and no file name. */
export interface LogRecord {
  /** How much it matters. */
  level: LogLevel
  /** Which part of the SDK says it. */
  target: string
  /** What it says, the fields included. */
  message: string
  /** When, by this device's clock, in milliseconds since 1970. */
  atMs: number
}

/** A member of a conversation. */
export interface Member {
  /** Who. */
  userId: string
  /** What they may do: `owner`, `admin` or `member`; new ones may come. */
  role: string
  /** Since when, in milliseconds since 1970. */
  joinedAt: number
}

/** Some members of a conversation. */
export interface MembersPage {
  /** The members. */
  members: Array<Member>
  /** Asks for the next page; none on the last. */
  cursor?: string
}

/** The message that an edit, a deletion or a reaction means: exactly one of the two is there. */
export interface MessageTarget {
  /** By the server's id: any message that has one. */
  messageId?: string
  /** By the key that sending gave: one's own, also before the server has it. */
  key?: string
}

/** The system's word on the network. */
export type NetworkHint = 'changed' | 'lost';

/** A conversation to be made. */
export interface NewConversation {
  /** `group` or `broadcast`. A direct one is opened by the other user's id. */
  kind: string
  /** Its title. */
  title?: string
  /** Who belongs to it beside its creator. */
  members: Array<string>
  /** What later members see: `from_join`, the default, or `all`. */
  history?: string
}

/** A message to be sent. */
export interface NewMessage {
  /** What is said, if it is text. */
  text?: string
  /** What is said, if it is an object of the app's, as JSON. Not beside a text. */
  object?: string
  /**
   * What it is, as `docs/protocol.md` §5 names it. Default: `media` with attachments, `custom`
   * for an object, else `text`.
   */
  kind?: string
  /** Files that were uploaded. */
  attachments: Array<Attachment>
  /** The message that it answers. */
  replyTo?: string
  /** Users whom it names. */
  mentions: Array<string>
  /** The app's own, a JSON object. */
  metadata?: string
}

/** What opening takes. */
export interface Options {
  /** The server: `wss://chat.example.org`. */
  serverUrl: string
  /** Whose client it is, as the app's tokens name the user. */
  userId: string
  /** The folder for this user's data. */
  dataDir: string
  /** After so many failed attempts in a row the connection is closed until the next start. */
  maxReconnectAttempts?: number
  /** What a commit survives. Default: the death of the process. */
  durability?: Durability
}

/** A change to the outbox. */
export interface OutboxDiff {
  /**
   * `reset`: `entries` is all of it, oldest first. `update`: the write of `key` stands as
   * `status` says; a new one, and one that is queued again after it failed, comes last, and one
   * that is `sent` is in the outbox no more. `remove`: that of `key` was cancelled.
   */
  kind: OutboxDiffKind
  /** For `update` the one entry, as long as the write is in the outbox. */
  entries: Array<OutboxEntry>
  /** Which write. */
  key?: string
  /** How it stands. */
  status?: SendStatus
}

/** What a diff of the outbox does. */
export type OutboxDiffKind = 'reset' | 'update' | 'remove';

/** A write that is on its way, or failed. */
export interface OutboxEntry {
  /** The key that the call gave. A message is shown, sent and confirmed under it. */
  key: string
  /** Where. */
  conversationId: string
  /** What: `send_message`, `edit_message` and so on, as `docs/protocol.md` §4 names them. */
  kind: string
  /** What a message says, or says from now on. */
  text?: string
  /** The message that it changes, by the key that sending it gave. */
  targetKey?: string
  /** The message that it changes, by the server's id. */
  targetMessageId?: string
  /** Which emoji comes or goes. */
  emoji?: string
  /** Whom it lets in, puts out or gives a role. */
  userIds: Array<string>
  /** When it was made, by this device's clock, in milliseconds since 1970. */
  createdAt: number
  /** How it stands. */
  status: SendStatus
}

/** What changed in the outbox. */
export interface OutboxUpdate {
  /** In order. */
  diffs: Array<OutboxDiff>
}

/** An emoji on a message, counted. */
export interface Reaction {
  /** The emoji. */
  emoji: string
  /** How many users gave it. */
  count: number
  /** Whether this user is one of them. */
  me: boolean
  /** At most five of them. */
  userIds: Array<string>
}

/** How far a member has read. */
export interface ReadCursor {
  /** Who. */
  userId: string
  /** Read up to here. */
  seq: number
  /** Delivered up to here. */
  deliveredSeq: number
}

/** How a write of this device stands. */
export type SendKind = 'queued' | 'sent' | 'failed';

/** How a write of this device stands, with what belongs to it. */
export interface SendStatus {
  /** Which. */
  kind: SendKind
  /** Its place. */
  seq?: number
  /** Why it was refused. */
  code?: string
  /** The same for a person. */
  message?: string
}

/** Where a timeline begins. */
export type StartKind = 'newest' | 'at';

/**
 * How the client fares. Counters begin anew with each opening. Latencies are of the newest 1,024
 * samples, in microseconds, and none until there is one.
 */
export interface Stats {
  /** The connection. */
  connection: ConnectionStatus
  /** Messages received from others. */
  messagesReceived: number
  /** Durable events received. */
  eventsReceived: number
  /** Messages sent and acknowledged. */
  messagesAcknowledged: number
  /** Conversations subscribed now. */
  subscribed: number
  /** Conversations known on this device. */
  conversations: number
  /** Times the connection was opened anew. */
  reconnects: number
  /** Writes that are queued or have failed. */
  outbox: number
  /** When a frame last came, by this device's clock, in milliseconds since 1970. */
  lastActivity?: number
  /** The last round trip of a ping. */
  roundTripUs?: number
  /**
   * From sending until the message is handed to the listeners of an open timeline, its commit
   * included: the median.
   */
  echoP50Us?: number
  /** The 99th percentile of the same. */
  echoP99Us?: number
  /** From a write's transmission to its acknowledgement: the median. */
  ackP50Us?: number
  /** The 99th percentile of the same. */
  ackP99Us?: number
  /**
   * From the server's taking another's message until it is committed here, while connected: the
   * median.
   */
  deliveryP50Us?: number
  /** The 99th percentile of the same. */
  deliveryP99Us?: number
  /** Size of the local database, in bytes. */
  databaseBytes: number
}

/**
 * A function that is called until this is cancelled, or nobody holds it any more: a worker that
 * ends drops it.
 */
export interface Subscription {
  /** Ends it. A call that is on its way still comes. Once more does nothing. */
  cancel(): void
}

/**
 * A conversation's messages as a screen shows them. While one is open, its conversation is
 * subscribed.
 */
export interface Timeline {
  /** Items and state of the same moment. */
  snapshot(): TimelineSnapshot
  /** How it changes. As long as somebody holds what this gives, the timeline stays open. */
  updates(): TimelineUpdates
  /** The same, pushed. */
  onBatch(listener: (batch: TimelineBatch | null) => void): Subscription
  /** Shows a page of older messages: from the cache, and otherwise from the server. */
  loadOlder(): Promise<void>
  /** Shows a page of newer messages, after a start in the middle. */
  loadNewer(): Promise<void>
  /** Closes it, for everybody who holds it. */
  end(): void
}

/** What changed in a timeline, and how it stands now. */
export interface TimelineBatch {
  /** In order; each is applied to the result of the one before. */
  diffs: Array<TimelineDiff>
  /** How it stands now. */
  state: TimelineState
}

/** A change to a timeline. */
export interface TimelineDiff {
  /**
   * `reset`: `items` is all of it. `insert`: the one item, behind `after`. `update`: the one
   * item, in place. `move`: the item of `key`, behind `after`. `remove`: the item of `key`.
   */
  kind: DiffKind
  /** The items. */
  items: Array<TimelineItem>
  /** Which item moves or goes. */
  key?: string
  /** The key of the item before its new place; none for the first place. */
  after?: string
}

/** A message as a screen shows it. */
export interface TimelineItem {
  /** Stable, also over the message's confirmation. */
  key: string
  /** Where it was said. */
  conversationId: string
  /** The server's id, once it is confirmed. */
  messageId?: string
  /** Its sender's name for it; only the sender's devices see it. */
  tempId?: string
  /** Its place in the conversation's order, once it is confirmed. */
  seq?: number
  /** Who said it. */
  senderId: string
  /** `text`, `media` and so on, as `docs/protocol.md` §5 names them; new ones may come. */
  kind: string
  /** What was said, if it is text. */
  text?: string
  /** What was said, if it is an object of the app's, as JSON. */
  object?: string
  /** Files. None once it is deleted. */
  attachments: Array<Attachment>
  /** The message that it answers. */
  replyTo?: string
  /** Users whom it names. */
  mentions: Array<string>
  /** The app's own, as JSON. None once it is deleted. */
  metadata?: string
  /** When it was taken, in milliseconds since 1970. */
  createdAt: number
  /** When it was last edited. */
  editedAt?: number
  /** When it was deleted. */
  deletedAt?: number
  /** In the order in which each emoji first came. */
  reactions: Array<Reaction>
  /** How it stands, for one of this device that is not confirmed. */
  send?: SendStatus
  /** An edit, deletion or reaction of this device is laid over it and on its way. */
  pendingChange: boolean
}

/** A timeline at one moment. */
export interface TimelineSnapshot {
  /** What it shows, oldest first. */
  items: Array<TimelineItem>
  /** How it stands. */
  state: TimelineState
}

/** Where a timeline begins, with what belongs to it. */
export interface TimelineStart {
  /** Which. */
  kind: StartKind
  /** The message around which it begins, if `kind` is `at`. */
  seq?: number
}

/** How a timeline stands. */
export interface TimelineState {
  /** There are older messages to load. */
  hasOlder: boolean
  /** There are newer messages to load. */
  hasNewer: boolean
  /** The server was asked for more. */
  loading: boolean
}

/** How a timeline changes. The first batch holds a reset. */
export interface TimelineUpdates {
  /** All that came since the last call, once there is something. */
  next(): Promise<TimelineBatch | null>
  /** Ends it; who waits for the next gets `null`, at once. */
  end(): void
}

/**
 * What it answers. No answer of it is an exception: each language's shell turns what the app
 * throws into one of the two problems, since every tool loses exceptions in its own way.
 * 
 * For uniffi the exporting crate has its own: Kotlin's generated code cannot give a record of
 * another crate out of a future of its own.
 */
export interface TokenAnswer {
  /** The token. */
  token?: string
  /** Why there is none. */
  problem?: string
  /** That will not pass by itself: the user must sign in again. */
  signInNeeded: boolean
}

/** What a token provider is asked. */
export interface TokenQuestion {
  /** For whom. */
  userId: string
  /** The server refused the last token: get a new one, do not give a remembered one again. */
  refused: boolean
}

/** What becomes of writes that were not sent when the user signs out. */
export type Unsent = 'refuse' | 'discard';

/** A user's name and picture. */
export interface User {
  /** Who. */
  userId: string
  /** The name to show. */
  name?: string
  /** A reference to the picture. */
  avatar?: string
}

/** The whole of it. */
export interface Addon {
  Cancellation: {
    /** One for as many calls as one likes. */
    make(): Cancellation
  }
  Client: {
    /** Opens the local data; works offline. */
    open(options: Options, tokens: (question: TokenQuestion) => Promise<TokenAnswer>): Promise<Client>
  }
  /**
   * Has the SDK's log, for the whole process and from this level up; nobody has it without a sink, as
   * at the beginning. A worker's sink ends with the worker.
   */
  setLogSink(sink: ((records: Array<LogRecord>) => void) | null, level: LogLevel): void
  /** The version of the SDK. */
  version(): string
}
