import { phrases } from './phrases.js';

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long' });
const short = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const long = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const year = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });
const DAY = 86_400_000;

/** The time of day, such as 14:05. */
export function timeOf(at: number): string {
  return clock.format(at);
}

/** The local day that a time is in, as a number that grows by one each day. */
export function dayOf(at: number): number {
  const date = new Date(at);
  return Math.round((Date.UTC(date.getFullYear(), date.getMonth(), date.getDate())) / DAY);
}

/** A day above the messages that were said in it. */
export function dayLabel(at: number, now: number = Date.now()): string {
  const ago = dayOf(now) - dayOf(at);
  if (ago === 0) return phrases.today;
  if (ago === 1) return phrases.yesterday;
  return ago < 180 ? long.format(at) : year.format(at);
}

/** When something was last said, as short as a list has room for. */
export function briefly(at: number, now: number = Date.now()): string {
  const ago = dayOf(now) - dayOf(at);
  if (ago === 0) return clock.format(at);
  if (ago === 1) return phrases.yesterday;
  return ago < 7 ? weekday.format(at) : short.format(at);
}
