import type { JsonObject, MessageTarget, NewMessage } from './message.js';
import type { CallOptions, State } from './state.js';
import type { Timeline, TimelineOptions } from './timeline.js';
import type { MembersPage, ReadCursor } from './user.js';

/** A conversation as a list shows it, with title and picture resolved. */
export interface ConversationItem {
  /** Its id. */
  readonly conversationId: string;
  /** `direct`, `group` or `broadcast`; a newer server may have others. */
  readonly kind: string;
  /** The group that it belongs to, if it belongs to one. */
  readonly groupId: string | null;
  /** The title to show: its own, or the other user's name, or their id. */
  readonly title: string;
  /** A reference to the picture to show, as the app's backend gave it. */
  readonly avatar: string | null;
  /** The other user of a direct conversation. */
  readonly peerId: string | null;
  /** `joined`, `invited` or `left`; a newer server may have others. */
  readonly membership: string;
  /** This user's: `owner`, `admin` or `member`; a newer server may have others. */
  readonly role: string;
  /** How many members it has. */
  readonly membersCount: number;
  /** Messages not read yet. */
  readonly unread: number;
  /** Those among them that name this user. */
  readonly mentionsUnread: number;
  /** Whether this user muted it. */
  readonly muted: boolean;
  /** Whether this user archived it. */
  readonly archived: boolean;
  /** Whether this user pinned it. */
  readonly pinned: boolean;
  /** The newest message that the server has. */
  readonly last: LastMessage | null;
  /** When there was last something, in milliseconds since 1970 by the server's clock. */
  readonly updatedAt: number;
  /** The key of a message of this device that is on its way and newer than `last`. */
  readonly pendingKey: string | null;
  /** What was typed on this device and not sent. */
  readonly draft: string | null;
}

/** The beginning of a conversation's newest message. */
export interface LastMessage {
  /** Its id. */
  readonly messageId: string;
  /** Its place in the conversation's order. */
  readonly seq: number;
  /** Who said it. */
  readonly senderId: string;
  /** `text`, `media`, `system` or `custom`; a newer server may have others. */
  readonly kind: string;
  /** The beginning of its text, of at most 200 characters, if it has one. */
  readonly text: string | null;
  /** When the server took it, in milliseconds since 1970. */
  readonly createdAt: number;
  /** When it was deleted, if it was. */
  readonly deletedAt: number | null;
}

/** A conversation to be made. A direct one is opened by `openDirect`. */
export interface NewConversation {
  /** `group` or `broadcast`. Default: `group`. */
  readonly kind?: string | undefined;
  /** Its title. */
  readonly title?: string | undefined;
  /** Who belongs to it beside its creator. */
  readonly members?: readonly string[] | undefined;
  /** What later members see. Default: `from_join`. */
  readonly history?: 'from_join' | 'all' | undefined;
}

/** Changes to a conversation. What is absent stays. */
export interface ConversationChanges {
  /** The new title. */
  readonly title?: string | undefined;
  /** The new picture. */
  readonly avatar?: string | undefined;
  /** The app's own settings; replaced as a whole. */
  readonly settings?: JsonObject | undefined;
}

/**
 * One conversation. Several of these may exist of the same one; they hold nothing that had to be closed.
 *
 * Everything that writes resolves as soon as the write is on this device's disk, connected or not, with
 * the key under which it is shown, sent and confirmed; see `Outbox` for how it fares.
 */
export interface Conversation {
  /** Its id. */
  readonly id: string;

  /** What the list shows of it; null while this device does not know it. */
  readonly item: State<ConversationItem | null>;

  /** Who types now, as far as this device was told: while a timeline of it is open. */
  readonly typing: State<readonly string[]>;

  /**
   * How far others have read and what their devices have got, for ticks beside messages: known while a
   * timeline of it is open, and offline as it was known last. Empty until it was read from this
   * device's disk, which begins when it is first looked at; `loadReadCursors` waits for that.
   */
  readonly readCursors: State<readonly ReadCursor[]>;

  /**
   * Reads how far others have read from this device's disk, for `readCursors`, too.
   *
   * @throws CauserieError why the cache could not be read; `closed`.
   */
  loadReadCursors(): Promise<readonly ReadCursor[]>;

  /**
   * Says something. The message is in every open timeline's core when this resolves, and goes to the
   * server by itself. It may take 16 KiB as JSON has it: at most 16,382 letters of ASCII, and fewer of
   * others; a quote, a backslash and a line's end count twice.
   *
   * @returns its key.
   * @throws CauserieError `unknown_conversation`, `too_large` if it is more, `invalid` if it is empty,
   * `disk_full`, `closed`. Then it was not queued.
   */
  send(message: string | NewMessage, options?: CallOptions): Promise<string>;

  /**
   * Changes what one's own message says.
   *
   * @returns the edit's key.
   * @throws CauserieError as `send`. That the message is not there or another's is the server's to say,
   * and then this write fails in the outbox.
   */
  edit(target: MessageTarget, text: string): Promise<string>;

  /** Takes a message back, for everybody. One that was never sent just goes. Otherwise as `edit`. */
  delete(target: MessageTarget): Promise<string>;

  /** Puts an emoji on a message. Otherwise as `edit`. */
  react(target: MessageTarget, emoji: string): Promise<string>;

  /** Takes one's emoji off. Otherwise as `edit`. */
  unreact(target: MessageTarget, emoji: string): Promise<string>;

  /**
   * Everything up to this place is read; everything known, without one. Offline, the newest is told to
   * the server once connected.
   *
   * @throws CauserieError `unknown_conversation`, `invalid`, `disk_full`, `closed`.
   */
  markRead(seq?: number): Promise<void>;

  /**
   * Call it with true at every keystroke: the SDK tells the others, at most every 3 s, and that it
   * ended after 3 s without one. Nothing is told while offline.
   *
   * @throws CauserieError `unknown_conversation`, `closed`.
   */
  setTyping(typing: boolean): Promise<void>;

  /**
   * A page of its members, from the server; `cursor` is that of the page before.
   *
   * @throws CauserieError `offline` without a connection, or the server's code; `closed`.
   */
  members(options?: CallOptions & { readonly cursor?: string | undefined }): Promise<MembersPage>;

  /** Lets users in. Owner and admins may. Gives the write's key; throws as `edit`, and `invalid`. */
  addMembers(userIds: readonly string[]): Promise<string>;

  /** Puts users out. Owner and admins may. Gives the write's key; throws as `addMembers`. */
  removeMembers(userIds: readonly string[]): Promise<string>;

  /** Changes what users may do, to `owner`, `admin` or `member`. Otherwise as `addMembers`. */
  setRole(userIds: readonly string[], role: string): Promise<string>;

  /** Changes title, picture or settings. Owner and admins may. Gives the write's key; throws as `edit`. */
  update(changes: ConversationChanges): Promise<string>;

  /** Leaves it. A direct conversation cannot be left. Gives the write's key; throws as `edit`. */
  quit(): Promise<string>;

  /** What was typed on this device and not sent. */
  draft(): Promise<string | null>;

  /**
   * Keeps what was typed, on this device; forgets it with null.
   *
   * @throws CauserieError `unknown_conversation`, `too_large`, `disk_full`, `closed`.
   */
  setDraft(text: string | null): Promise<void>;

  /**
   * Opens a view of it. What is cached is there when this resolves, also offline.
   *
   * @throws CauserieError `unknown_conversation`, `invalid` if page or place are none, or why the cache
   * could not be read; `closed`.
   */
  timeline(options?: TimelineOptions & CallOptions): Promise<Timeline>;
}
