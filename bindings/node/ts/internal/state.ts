import type { CallOptions, State } from '../api.js';
import { report } from './report.js';
import { kept } from './same.js';
import { hold, release } from './wait.js';

/** What all states have: listeners, loops and an end. */
export abstract class Observable<T> implements State<T> {
  readonly #listeners = new Set<{ readonly listener: (value: T) => void }>();
  readonly #loops = new Set<Loop<T>>();
  #ended = false;

  abstract get current(): T;

  /** Somebody watches, and nobody did before. */
  protected watched(): void {}

  /** Nobody watches any more. */
  protected unwatched(): void {}

  get ended(): boolean {
    return this.#ended;
  }

  subscribe(listener: (value: T) => void): () => void {
    if (typeof listener !== 'function') throw new TypeError('a listener is a function');
    if (this.#ended) return () => {};
    const entry = { listener };
    this.#listeners.add(entry);
    this.#came();
    return () => {
      if (this.#listeners.delete(entry)) this.#went();
    };
  }

  values(options?: CallOptions): AsyncIterableIterator<T> {
    const loop: Loop<T> = new Loop(
      this,
      () => {
        if (this.#ended) return;
        this.#loops.add(loop);
        this.#came();
      },
      () => {
        if (this.#loops.delete(loop)) this.#went();
      },
      options?.signal,
    );
    return loop;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this.values();
  }

  /** Tells everybody the value that it has now. */
  protected tell(): void {
    const value = this.current;
    for (const loop of [...this.#loops]) loop.changed();
    for (const entry of [...this.#listeners]) {
      if (!this.#listeners.has(entry)) continue;
      try {
        entry.listener(value);
      } catch (error) {
        report('a listener', error);
      }
    }
  }

  /** There will be no further value. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const some = this.#listeners.size + this.#loops.size > 0;
    this.#listeners.clear();
    const loops = [...this.#loops];
    this.#loops.clear();
    for (const loop of loops) loop.changed();
    if (some) this.unwatched();
  }

  #came(): void {
    if (this.#listeners.size + this.#loops.size === 1) this.watched();
  }

  #went(): void {
    if (this.#listeners.size + this.#loops.size === 0) this.unwatched();
  }
}

/** A state that is told its values. */
export class Value<T> extends Observable<T> {
  #current: T;

  constructor(initial: T) {
    super();
    this.#current = initial;
  }

  get current(): T {
    return this.#current;
  }

  /** Has it change, and tells so, unless it is the same. */
  set(value: T): void {
    if (this.ended || Object.is(value, this.#current)) return;
    this.#current = value;
    this.tell();
  }
}

/** Where a {@link Looked} looks. */
export interface Source<T> {
  /** What it is now. */
  look(): T;
  /** Says when it may be another, until the function that this gives is called. */
  begin(changed: () => void): () => void;
  /** Ends it with its owner; gives what forgets it. */
  readonly own: (end: () => void) => () => void;
}

/** A state that looks where the value is: whenever it is asked, and when it is told of a change while somebody watches. */
export class Looked<T> extends Observable<T> {
  readonly #source: Source<T>;
  #last: T;
  #stop: (() => void) | null = null;
  #forget: () => void = () => {};

  constructor(nothing: T, source: Source<T>) {
    super();
    this.#last = nothing;
    this.#source = source;
  }

  get current(): T {
    if (this.#stop === null) this.#look();
    return this.#last;
  }

  protected override watched(): void {
    try {
      // Listens first, and looks then: it misses nothing.
      this.#stop = this.#source.begin(() => {
        const before = this.#last;
        this.#look();
        if (before !== this.#last) this.tell();
      });
    } catch {
      // It is closed.
      this.end();
      return;
    }
    this.#forget = this.#source.own(() => this.end());
    this.#look();
  }

  protected override unwatched(): void {
    this.#forget();
    this.#stop?.();
    this.#stop = null;
  }

  #look(): void {
    if (this.ended) return;
    try {
      this.#last = kept(this.#last, this.#source.look());
    } catch {
      // It is closed: the last value stays.
    }
  }
}

/** A loop over the values of a state. It holds the process while it waits. */
class Loop<T> implements AsyncIterableIterator<T> {
  readonly #state: Observable<T>;
  readonly #enter: () => void;
  readonly #leave: () => void;
  readonly #signal: AbortSignal | undefined;
  readonly #waiting: ((result: IteratorResult<T, undefined>) => void)[] = [];
  #begun = false;
  #done = false;
  /** What was given last. */
  #given: { readonly value: T } | null = null;

  constructor(state: Observable<T>, enter: () => void, leave: () => void, signal: AbortSignal | undefined) {
    this.#state = state;
    this.#enter = enter;
    this.#leave = leave;
    this.#signal = signal;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (!this.#begun && !this.#done) {
      this.#begun = true;
      if (this.#signal?.aborted === true) this.#done = true;
      else {
        this.#signal?.addEventListener('abort', this.#aborted, { once: true });
        this.#enter();
      }
    }
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1) hold();
      this.changed();
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#finish();
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(error: unknown): Promise<IteratorResult<T, undefined>> {
    this.#finish();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this;
  }

  /** The value may be another, or there may be no further one. */
  changed(): void {
    if (this.#done) return this.#finish();
    const value = this.#state.current;
    const first = this.#waiting[0];
    if (first !== undefined && (this.#given === null || !Object.is(this.#given.value, value))) {
      this.#given = { value };
      this.#waiting.shift();
      if (this.#waiting.length === 0) release();
      first({ done: false, value });
    }
    if (this.#state.ended && this.#waiting.length > 0) this.#finish();
  }

  readonly #aborted = (): void => this.#finish();

  #finish(): void {
    this.#done = true;
    this.#leave();
    this.#signal?.removeEventListener('abort', this.#aborted);
    if (this.#waiting.length > 0) release();
    for (const resolve of this.#waiting.splice(0)) resolve({ done: true, value: undefined });
  }
}
