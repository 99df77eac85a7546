import type { CallOptions } from '../api.js';
import { translate } from './core.js';

/** What the addon gives to be asked. */
interface Pull<C> {
  next(): Promise<C | null>;
  end(): void;
}

/**
 * A loop over what is asked for. The addon's promise holds the process while it waits; what comes
 * meanwhile waits in the core, which bounds it.
 */
export class Pulled<C, T> implements AsyncIterableIterator<T> {
  readonly #pull: Pull<C>;
  readonly #read: (change: C) => readonly T[];
  readonly #signal: AbortSignal | undefined;
  readonly #forget: () => void;
  #ready: T[] = [];
  #done = false;
  /** Questions are answered one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    pull: Pull<C>,
    read: (change: C) => readonly T[],
    own: (end: () => void) => () => void,
    options: CallOptions | undefined,
  ) {
    this.#pull = pull;
    this.#read = read;
    this.#signal = options?.signal;
    this.#forget = own(this.#end);
    if (this.#signal?.aborted === true) this.#end();
    else this.#signal?.addEventListener('abort', this.#end, { once: true });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const answer = this.#last.then(() => this.#answer());
    this.#last = answer.catch(() => {});
    return answer;
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(error: unknown): Promise<IteratorResult<T, undefined>> {
    this.#end();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this;
  }

  async #answer(): Promise<IteratorResult<T, undefined>> {
    while (!this.#done) {
      const value = this.#ready.shift();
      if (value !== undefined) return { done: false, value };
      let change: C | null;
      try {
        change = await this.#pull.next();
      } catch (error) {
        this.#end();
        throw translate(error);
      }
      if (change === null) this.#end();
      else this.#ready.push(...this.#read(change));
    }
    return { done: true, value: undefined };
  }

  readonly #end = (): void => {
    if (this.#done) return;
    this.#done = true;
    this.#ready = [];
    this.#signal?.removeEventListener('abort', this.#end);
    this.#forget();
    this.#pull.end();
  };
}
