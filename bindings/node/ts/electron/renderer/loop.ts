type Result<T> = IteratorResult<T, undefined>;

/** What a loop draws from. */
export interface Supply<T> {
  /** The next value; undefined while there is none. */
  take(): T | undefined;
  /** The loop is over. Called once. */
  leave(): void;
}

/** A loop over values that come by themselves. Its end does not wait for one. */
export class Loop<T> implements AsyncIterableIterator<T> {
  private readonly waiting: { resolve(result: Result<T>): void; reject(error: unknown): void }[] = [];
  private ending: { readonly error: Error | null } | null = null;
  private over = false;

  constructor(
    private readonly supply: Supply<T>,
    private readonly signal: AbortSignal | undefined,
  ) {
    signal?.addEventListener('abort', this.stop, { once: true });
  }

  next(): Promise<Result<T>> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.changed();
    });
  }

  return(): Promise<Result<T>> {
    this.stop();
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(error: unknown): Promise<Result<T>> {
    this.stop();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** There may be a value. */
  changed(): void {
    for (let first = this.waiting[0]; first && !this.over; first = this.waiting[0]) {
      const value = this.supply.take();
      if (value === undefined) break;
      this.waiting.shift();
      first.resolve({ done: false, value });
    }
    if (this.over) this.answer();
    else if (this.ending && this.waiting.length > 0) this.stop();
  }

  /** There will be no further value than those that are there; then it ends, or fails. */
  end(error: Error | null = null): void {
    this.ending ??= { error };
    this.changed();
  }

  private readonly stop = (): void => {
    if (!this.over) {
      this.over = true;
      this.signal?.removeEventListener('abort', this.stop);
      this.supply.leave();
    }
    this.answer();
  };

  private answer(): void {
    for (const { resolve, reject } of this.waiting.splice(0)) {
      const error = this.ending?.error;
      // It is told once.
      this.ending = { error: null };
      if (error) reject(error);
      else resolve({ done: true, value: undefined });
    }
  }
}
