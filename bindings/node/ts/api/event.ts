import type { ConnectionState } from './connection.js';
import type { JsonObject } from './message.js';
import type { ReadCursor, User } from './user.js';

/**
 * Something that happened. The states hold the outcome of all of it; events are for what else an app
 * makes of it.
 */
export type Event =
  /** The connection changed. */
  | { readonly kind: 'connection'; readonly state: ConnectionState }
  /** Who types in a conversation changed: `userIds` are all who type now. */
  | { readonly kind: 'typing'; readonly conversationId: string; readonly userIds: readonly string[] }
  /** Others have read further: `cursors` are those that rose, and none if what was known is no more. */
  | { readonly kind: 'cursors'; readonly conversationId: string; readonly cursors: readonly ReadCursor[] }
  /** Names or pictures changed. */
  | { readonly kind: 'users'; readonly users: readonly User[] }
  /** A frame of the server's, after what it changed was committed (`docs/protocol.md` §5). */
  | { readonly kind: 'server'; readonly conversationId: string | null; readonly frame: JsonObject }
  /** Something went wrong that no call stands for; whether the SDK goes on by itself says `retryable`. */
  | { readonly kind: 'fault'; readonly code: string; readonly message: string; readonly retryable: boolean }
  /** The local database was damaged and set aside; `lost` records of it could not be saved. */
  | { readonly kind: 'recovered'; readonly message: string; readonly lost: number }
  /** This reader was too slow: `count` events were dropped. The states are right all the same. */
  | { readonly kind: 'missed'; readonly count: number };

/** The kinds that can be asked for. `recovered` comes with `fault`, and `missed` to everybody. */
export type EventKind = 'connection' | 'typing' | 'cursors' | 'users' | 'server' | 'fault';

/** Which events a reader wants. */
export interface EventFilter {
  /** Only these; all of them if absent or empty. */
  readonly kinds?: readonly EventKind[] | undefined;
  /** Only what belongs to this conversation, and what belongs to none. Default: everything. */
  readonly conversationId?: string | undefined;
}
