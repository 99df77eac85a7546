import { Observable } from '../../internal/state.js';

/**
 * A state that follows something at the host for as long as somebody watches it. Whoever goes and comes
 * back at once, as React does, finds it still followed.
 */
export class Followed<T> extends Observable<T> {
  readonly #follow: (state: Followed<T>) => () => void;
  #value: T;
  #stop: (() => void) | null = null;
  #rest: ReturnType<typeof setTimeout> | undefined;

  /** @param follow begins to set it, and returns what ends that. */
  constructor(value: T, follow: (state: Followed<T>) => () => void) {
    super();
    this.#value = value;
    this.#follow = follow;
  }

  get current(): T {
    return this.#value;
  }

  /** Has it change, and tells so, unless it is the same. */
  set(value: T): void {
    if (this.ended || Object.is(value, this.#value)) return;
    this.#value = value;
    this.tell();
  }

  override end(): void {
    super.end();
    clearTimeout(this.#rest);
    this.#stop?.();
    this.#stop = null;
  }

  protected override watched(): void {
    clearTimeout(this.#rest);
    this.#stop ??= this.#follow(this);
  }

  protected override unwatched(): void {
    this.#rest = setTimeout(() => {
      this.#stop?.();
      this.#stop = null;
    }, 0);
  }
}
