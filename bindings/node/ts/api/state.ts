/**
 * A value that changes. It is there at once, and stays the last one after its client was closed.
 *
 * ```ts
 * for await (const list of chat.conversations) render(list);
 * ```
 *
 * A loop gets the present value at once, and then every newer one; a slow loop skips what came in
 * between, never the last. It ends when the client is closed. While a loop waits, the process lives.
 */
export interface State<T> extends AsyncIterable<T> {
  /** The value now: the same reference until it changes, so that it can be compared by `===`. */
  readonly current: T;

  /**
   * Calls a listener after each change, not for the present value. It keeps no process alive. What it
   * throws is logged, and harms nobody.
   *
   * @returns ends it. Once more does nothing.
   */
  subscribe(listener: (value: T) => void): () => void;

  /**
   * The same as the loop over the state itself, and a signal that ends it quietly, also one that was
   * aborted before.
   */
  values(options?: CallOptions): AsyncIterableIterator<T>;
}

/** What any call that waits may be given. */
export interface CallOptions {
  /**
   * Ends the waiting. A call rejects with the signal's `reason`, by default an `AbortError`; what it
   * asked for may be done all the same. A loop just ends.
   */
  readonly signal?: AbortSignal | undefined;
}
