import type { CallOptions, State } from './state.js';

/** A user's name and picture. */
export interface User {
  /** Who. */
  readonly userId: string;
  /** The name to show. */
  readonly name: string | null;
  /** A reference to the picture. */
  readonly avatar: string | null;
}

/** A member of a conversation. */
export interface Member {
  /** Who. */
  readonly userId: string;
  /** What they may do: `owner`, `admin` or `member`; a newer server may have others. */
  readonly role: string;
  /** Since when, in milliseconds since 1970. */
  readonly joinedAt: number;
}

/** Some members of a conversation. */
export interface MembersPage {
  /** The members. */
  readonly members: readonly Member[];
  /** Asks for the next page; null on the last. */
  readonly cursor: string | null;
}

/** How far a member has read. */
export interface ReadCursor {
  /** Who. */
  readonly userId: string;
  /** Read up to this place. */
  readonly seq: number;
  /** Delivered up to this place. */
  readonly deliveredSeq: number;
}

/**
 * What is known of users. Names come with the conversations and messages that need them, and are kept
 * for offline use.
 */
export interface Users {
  /** A user, if known on this device. */
  get(userId: string): Promise<User | null>;

  /** All users known on this device, in no order. */
  all(): Promise<readonly User[]>;

  /**
   * A user, and how name or picture changes; null while nothing is known. As many may be watched as
   * there are senders: the core has one listener for all of them.
   */
  watch(userId: string): State<User | null>;

  /**
   * Asks the server for up to 100 users. Those that are unknown or hidden are left out.
   *
   * @throws CauserieError `offline` without a connection, `invalid` if an id is malformed, or the
   * server's code; `closed`.
   */
  fetch(userIds: readonly string[], options?: CallOptions): Promise<readonly User[]>;
}
