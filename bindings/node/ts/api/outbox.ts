import type { SendState } from './message.js';
import type { CallOptions, State } from './state.js';

/** A write of this device that is on its way, or failed. */
export interface OutboxEntry {
  /** What the call gave. A message is shown, sent and confirmed under it. */
  readonly key: string;
  /** Where. */
  readonly conversationId: string;
  /** What, as the wire names it: `send_message`, `edit_message` and so on (`docs/protocol.md` §4). */
  readonly kind: string;
  /** What it says, if it is a message or an edit of text. */
  readonly text: string | null;
  /** The key of the message that it changes, if it names it so. */
  readonly targetKey: string | null;
  /** The id of the message that it changes, if it names it so. */
  readonly targetMessageId: string | null;
  /** The emoji, of a reaction. */
  readonly emoji: string | null;
  /** The users, where it is about members. */
  readonly userIds: readonly string[];
  /** When it was made, in milliseconds since 1970 by this device's clock. */
  readonly createdAt: number;
  /** How it stands: queued or failed. */
  readonly state: SendState;
}

/**
 * The writes of this device that the server has not settled. They go by themselves, in the order made,
 * whenever there is a connection, also after the process was killed; only `cancel` gives one up.
 */
export interface Outbox {
  /**
   * Every write that is queued or has failed, oldest first. It follows the core within moments: right
   * after a call that wrote, it may be without that write. `now` asks the core itself.
   */
  readonly entries: State<readonly OutboxEntry[]>;

  /**
   * How a write stands: now, and whenever that changes. Ends after `sent`, and when the write is
   * cancelled or nobody remembers it, or the client is closed; then without a further state. `failed`
   * is not the end, since it may be retried. States that follow each other quickly may be left out,
   * never the last.
   *
   * @param key what the call that wrote gave.
   */
  state(key: string, options?: CallOptions): AsyncIterableIterator<SendState>;

  /** How a write stands now; null if it was cancelled, or if nobody remembers it. */
  now(key: string): Promise<SendState | null>;

  /**
   * Waits until a write is sent or has failed. That may take as long as the user is offline.
   *
   * @throws CauserieError `unknown_write` if nobody remembers it or it is cancelled meanwhile; `closed`.
   */
  settled(key: string, options?: CallOptions): Promise<SendState>;

  /**
   * Queues a failed write again, under the same key, as the last one.
   *
   * @throws CauserieError `unknown_write`, or why it could not be stored; `closed`.
   */
  retry(key: string): Promise<void>;

  /**
   * Gives a write up. One that was never sent just goes; a message that may have reached the server is
   * deleted there, too.
   *
   * @throws CauserieError as `retry`.
   */
  cancel(key: string): Promise<void>;
}
