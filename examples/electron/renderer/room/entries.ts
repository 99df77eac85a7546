/** What a message's row shows: which follows from it, and from the one before and the one after. */
import type { TimelineItem } from 'causerie';
import { dayOf } from '../words/times.js';
import { phrases } from '../words/phrases.js';

/** Messages of one author that are closer than this stand together. */
const TOGETHER = 5 * 60_000;

export interface Place {
  /** The day stands above it. */
  readonly newDay: boolean;
  /** The first and the last of what one author said at one time. */
  readonly first: boolean;
  readonly last: boolean;
}

/** Where a message stands among its neighbours. */
export function placeOf(items: readonly TimelineItem[], index: number): Place {
  const item = items[index]!;
  const before = items[index - 1];
  const after = items[index + 1];
  const newDay = before === undefined || dayOf(before.createdAt) !== dayOf(item.createdAt);
  return {
    newDay,
    first: newDay || !together(before!, item),
    last: after === undefined || dayOf(after.createdAt) !== dayOf(item.createdAt) || !together(item, after),
  };
}

function together(one: TimelineItem, next: TimelineItem): boolean {
  return one.senderId === next.senderId && one.kind !== 'system' && next.kind !== 'system'
    && next.createdAt - one.createdAt < TOGETHER;
}

/** What a message says in one line: in quotes, previews and announcements. */
export function lineOf(message: { kind: string; text: string | null; deletedAt: number | null; attachments?: readonly unknown[] }): string {
  if (message.deletedAt !== null) return phrases.deleted;
  if (message.text !== null && message.text !== '') return message.text;
  if (message.kind === 'media') return phrases.attachment;
  return phrases.somethingElse;
}

/** Only emoji, and few: shown large. */
export function isOnlyEmoji(text: string): boolean {
  return text.length <= 24 && /^(?:\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\u200d\p{Extended_Pictographic}|\ufe0f)*\s*){1,3}$/u.test(text);
}

/** What can be done with a message. */
export interface Doable {
  readonly reply: boolean;
  readonly react: boolean;
  readonly edit: boolean;
  readonly delete: boolean;
}

/** One object for each combination, so that rows need not be drawn anew. */
const DOABLE = new Map<number, Doable>();

function doable(reply: boolean, react: boolean, edit: boolean, remove: boolean): Doable {
  const bits = Number(reply) | Number(react) << 1 | Number(edit) << 2 | Number(remove) << 3;
  let found = DOABLE.get(bits);
  if (found === undefined) DOABLE.set(bits, found = { reply, react, edit, delete: remove });
  return found;
}

export function doableWith(item: TimelineItem, me: string, writable: boolean): Doable {
  if (!writable || item.deletedAt !== null || item.kind === 'system' || item.send?.kind === 'failed') return doable(false, false, false, false);
  const mine = item.senderId === me;
  const confirmed = item.messageId !== null;
  return doable(confirmed, confirmed, mine && item.text !== null, mine);
}

/** A guess of a row's height in pixels, so that the scroll bar does not lie. Measures mend it. */
export function guessHeight(items: readonly TimelineItem[], index: number, width: number): number {
  const item = items[index]!;
  const before = items[index - 1];
  const column = Math.max(160, Math.min(560, width * 0.72) - 28);
  const lines = Math.max(1, Math.ceil(((item.text?.length ?? 12) * 7.4) / column));
  let height = 3 + 16 + lines * 22;
  if (before === undefined || !together(before, item)) height += 30;
  if (before !== undefined && dayOf(before.createdAt) !== dayOf(item.createdAt)) height += 44;
  if (item.reactions.length > 0) height += 26;
  if (item.replyTo !== null) height += 48;
  return height;
}
