import { typeOf } from '../error.js';
import type { LogRecord } from '../api.js';

/** The app's sink, as far as this thread set one. */
let sink: ((record: LogRecord) => void) | null = null;

/** Has what goes wrong in the app's own functions come to the app's sink. */
export function reportTo(next: ((record: LogRecord) => void) | null): void {
  sink = next;
}

/**
 * Says that a function of the app's threw: what, and where, but not what it said, which may hold what
 * people wrote. To the log's sink, or else to the console.
 */
export function report(what: string, error: unknown): void {
  const frames = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  const message = `${what} threw ${typeOf(error)}`;
  const record: LogRecord = { level: 'error', target: 'causerie::node', message, atMs: Date.now() };
  try {
    if (sink === null) console.error([`causerie: ${message}`, ...frames].join('\n'));
    else sink(record);
  } catch {
    // There is nobody left to tell.
  }
}
