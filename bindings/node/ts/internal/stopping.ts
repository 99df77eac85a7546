/** A loop that ends at null, and after the last value that matters. */
export class Stopping<T> implements AsyncIterableIterator<T> {
  readonly #values: AsyncIterableIterator<T | null>;
  readonly #isLast: (value: T) => boolean;
  #stopped = false;

  constructor(values: AsyncIterableIterator<T | null>, isLast: (value: T) => boolean) {
    this.#values = values;
    this.#isLast = isLast;
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    const result = this.#stopped ? null : await this.#values.next();
    if (result === null || result.done === true || result.value === null) return this.return();
    const { value } = result;
    if (this.#isLast(value)) await this.return();
    return { done: false, value };
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#stopped = true;
    await this.#values.return?.();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<T, undefined>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this;
  }
}
