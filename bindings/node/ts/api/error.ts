/** What the caller does about a {@link CauserieError}. */
export type Action =
  /** Try again, after `retryAfter` if it is there. */
  | 'retryLater'
  /** Show it: a person must decide or do something. */
  | 'askUser'
  /** Have the user sign in. */
  | 'signIn'
  /** Mend the program. */
  | 'fixCode';

/**
 * What every call throws, or rejects with. Tell it from other errors by `isCauserieError`, not by
 * `instanceof`: that holds across copies of this package, and in a renderer.
 */
export interface CauserieError extends Error {
  readonly name: 'CauserieError';
  /** A stable word, to compare, log and translate. It never changes its meaning. */
  readonly code: string;
  /** What to do about it. */
  readonly action: Action;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** How long to wait before that has a chance, in milliseconds. */
  readonly retryAfter: number | null;
}
