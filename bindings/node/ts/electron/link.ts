/**
 * What the host, which has the client, and a renderer, which shows it, say to each other.
 *
 * A renderer says `hello`, then calls and watches; every one has a number, which the renderer
 * counts. The host answers a call with an {@link Envelope}, since an `Error` loses its `code` where
 * it is cloned, and a watch with one value after the other. Of these the host sends no more than
 * {@link WINDOW} without an `ack`: a renderer that is slow, or throttled in the background, costs it
 * no memory, and gets the newest state when it has time.
 *
 * All of it is plain data that survives both structured clone and JSON: no `undefined`, no class, no
 * `Date`. What is absent is null.
 */
import type {
  ConnectionState,
  ConversationChanges,
  ConversationItem,
  Event,
  EventFilter,
  MembersPage,
  MessageTarget,
  NewConversation,
  NewMessage,
  OutboxEntry,
  ReadCursor,
  SendState,
  Stats,
  TimelineState,
  TimelineUpdate,
  User,
} from '../api.js';
import type { Fault } from '../error.js';
import type { ListPatch } from './link/patch.js';

/** The version of what is said. Both sides must have the same: they are built from one package. */
export const PROTOCOL = 1;

/**
 * A way to the other side. It keeps the order, loses nothing while it is open, and hands over copies.
 * `connect` of the preload gives one; `messagePort` and `webSocket` make one of what there is.
 */
export interface Port {
  /** Sends plain data. After the port was closed it does nothing. */
  post(message: unknown): void;
  /** Sets who takes messages; what came before waits for that. */
  onMessage(listener: (message: unknown) => void): void;
  /** Sets who is told, once, that the other side closed it or is gone. */
  onClose(listener: () => void): void;
  /** Closes it, on both sides. */
  close(): void;
}

/** What a call came to. */
export type Envelope =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly fault: Fault };

/** What a renderer may call. Numbers named `watch` are of its own watches. */
export interface Calls {
  start(): null;
  stop(): null;
  suspend(): null;
  resume(): null;
  syncNow(): null;
  networkChanged(hint: 'changed' | 'lost'): null;
  openDirect(userId: string): string;
  createConversation(conversation: NewConversation): string;
  stats(): Stats;
  signOut(wipe: boolean, unsent: 'refuse' | 'discard' | null): null;
  send(conversation: string, message: string | NewMessage): string;
  edit(conversation: string, target: MessageTarget, text: string): string;
  delete(conversation: string, target: MessageTarget): string;
  react(conversation: string, target: MessageTarget, emoji: string): string;
  unreact(conversation: string, target: MessageTarget, emoji: string): string;
  markRead(conversation: string, seq: number | null): null;
  setTyping(conversation: string, typing: boolean): null;
  loadReadCursors(conversation: string): readonly ReadCursor[];
  members(conversation: string, cursor: string | null): MembersPage;
  addMembers(conversation: string, userIds: readonly string[]): string;
  removeMembers(conversation: string, userIds: readonly string[]): string;
  setRole(conversation: string, userIds: readonly string[], role: string): string;
  update(conversation: string, changes: ConversationChanges): string;
  quit(conversation: string): string;
  draft(conversation: string): string | null;
  setDraft(conversation: string, text: string | null): null;
  timelineState(watch: number): TimelineState;
  loadOlder(watch: number): null;
  loadNewer(watch: number): null;
  writeState(key: string): SendState | null;
  settled(key: string): SendState;
  retry(key: string): null;
  cancel(key: string): null;
  user(userId: string): User | null;
  allUsers(): readonly User[];
  fetchUsers(userIds: readonly string[]): readonly User[];
}

/** What a renderer may watch, and what comes of it. */
export interface Topics {
  connection(): ConnectionState;
  conversations(): ListPatch<ConversationItem>;
  outbox(): ListPatch<OutboxEntry>;
  typing(conversation: string): readonly string[];
  readCursors(conversation: string): readonly ReadCursor[];
  user(userId: string): User | null;
  /** An open timeline. The first update of it is a reset. */
  timeline(conversation: string, at: number | null, page: number | null): TimelineUpdate;
  write(key: string): SendState;
  events(filter: EventFilter): Event;
}

/**
 * Calls that mean the same when they are made twice. They are made again when the host was replaced
 * before it answered; of all others nobody knows then whether they were carried out, and they fail
 * with `interrupted`.
 */
export const REPEATABLE: ReadonlySet<keyof Calls> = new Set<keyof Calls>([
  'start', 'stop', 'suspend', 'resume', 'syncNow', 'networkChanged', 'openDirect', 'stats',
  'markRead', 'setTyping', 'loadReadCursors', 'members', 'draft', 'setDraft', 'timelineState', 'loadOlder', 'loadNewer', 'writeState',
  'settled', 'user', 'allUsers', 'fetchUsers',
]);

/** How many values of a watch may be on their way. Of a state only the newest is worth sending. */
export const WINDOW: Readonly<Record<keyof Topics, number>> = {
  connection: 1,
  conversations: 1,
  outbox: 1,
  typing: 1,
  readCursors: 1,
  user: 1,
  timeline: 1,
  write: 1,
  events: 32,
};

/** What a renderer says. */
export type Ask =
  /** The first. `renderer` is its name, made anew with every page, kept over a new connection. */
  | { readonly t: 'hello'; readonly protocol: number; readonly renderer: string }
  | { readonly t: 'call'; readonly id: number; readonly method: keyof Calls; readonly args: readonly unknown[] }
  /** Nobody waits for the answer to a call any more. */
  | { readonly t: 'cancel'; readonly id: number }
  | { readonly t: 'watch'; readonly id: number; readonly topic: keyof Topics; readonly args: readonly unknown[] }
  /** A value of a watch was taken. */
  | { readonly t: 'ack'; readonly id: number }
  /** A watch is over. */
  | { readonly t: 'end'; readonly id: number }
  /** The renderer will not come again. */
  | { readonly t: 'bye' };

/** What the host says. */
export type Tell =
  /** `host` is its name: another one than before means that another process has the client now. */
  | { readonly t: 'hello'; readonly protocol: number; readonly host: string; readonly userId: string }
  /** There is no client to be had, or not for this renderer. */
  | { readonly t: 'refused'; readonly fault: Fault }
  /** `id` is null where what was said had none that could be read. */
  | { readonly t: 'result'; readonly id: number | null; readonly result: Envelope }
  | { readonly t: 'next'; readonly id: number; readonly value: unknown }
  /** A watch ended; with a fault if it failed. */
  | { readonly t: 'done'; readonly id: number; readonly fault: Fault | null }
  /** The host ends for good, in order: there is nothing to come back to. */
  | { readonly t: 'bye'; readonly reason: string };
