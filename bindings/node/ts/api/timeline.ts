/// <reference lib="esnext.disposable" preserve="true" />
import type { TimelineItem } from './message.js';
import type { CallOptions, State } from './state.js';

/** What a timeline shows. Items that did not change keep their reference from one state to the next. */
export interface TimelineState {
  /** Oldest first. */
  readonly items: readonly TimelineItem[];
  /** There are older messages to load. */
  readonly hasOlder: boolean;
  /** There are newer messages to load. */
  readonly hasNewer: boolean;
  /** The server was asked for more. */
  readonly loading: boolean;
}

/** A change to a timeline. Items are named by their `key`. */
export type TimelineChange =
  /** All of it anew: the first change of all, and after a reader fell too far behind. */
  | { readonly kind: 'reset'; readonly items: readonly TimelineItem[] }
  /** A new item, behind the one of the key `after`; in the first place if that is null. */
  | { readonly kind: 'insert'; readonly item: TimelineItem; readonly after: string | null }
  /** An item changed, in place: confirmed, edited, deleted, reacted to. */
  | { readonly kind: 'update'; readonly item: TimelineItem }
  /** An item goes elsewhere, since the server ordered it so. */
  | { readonly kind: 'move'; readonly key: string; readonly after: string | null }
  /** An item goes. */
  | { readonly kind: 'remove'; readonly key: string };

/** What changed in a timeline since the update before: to be applied as one, by `applyUpdate`. */
export interface TimelineUpdate {
  /** In order; each is applied to the result of the one before. */
  readonly changes: readonly TimelineChange[];
  /** There are older messages to load. */
  readonly hasOlder: boolean;
  /** There are newer messages to load. */
  readonly hasNewer: boolean;
  /** The server was asked for more. */
  readonly loading: boolean;
}

/** Where a timeline begins, and how much it loads at once. */
export interface TimelineOptions {
  /** The place of the message around which it begins. Default: with the newest message. */
  readonly at?: number | undefined;
  /** How many messages are loaded at once, 1 to 200. Default: 50. */
  readonly page?: number | undefined;
}

/**
 * An open view of a conversation: what is cached at once, what the server has as it comes, and what
 * this device sent, in place. While one is open, the conversation's messages come as they are said.
 *
 * It is open until `close`, or until the client is closed. Several may be open of one conversation.
 */
export interface Timeline extends AsyncDisposable {
  /** The conversation that it shows. */
  readonly conversationId: string;

  /**
   * What it shows, the whole list after every change: for React and all that compares lists by
   * itself. It follows the core within moments. After the timeline was closed it keeps the last state.
   */
  readonly state: State<TimelineState>;

  /**
   * What it shows now, out of the core, all of one moment; `state` follows it within moments.
   *
   * @throws CauserieError `timeline_closed`, `closed`.
   */
  now(): Promise<TimelineState>;

  /**
   * How it changes: the first update holds a `reset` with what is there, and so does the next after
   * the reader fell some hundred changes behind; between them nothing is lost and nothing comes twice.
   * What comes while the reader is busy comes as one update. Ends when the timeline, the client or
   * the signal ends it.
   */
  changes(options?: CallOptions): AsyncIterableIterator<TimelineUpdate>;

  /**
   * Shows a page of older messages: from the cache, and otherwise from the server, in which case they
   * come later as a change. Offline, what is missing is loaded once connected.
   *
   * @throws CauserieError `timeline_closed`, `closed`, or why the cache could not be read.
   */
  loadOlder(): Promise<void>;

  /** Shows a page of newer messages, after a start in the middle; otherwise as `loadOlder`. */
  loadNewer(): Promise<void>;

  /** Closes it: its loops end. Once more does nothing. */
  close(): Promise<void>;
}
