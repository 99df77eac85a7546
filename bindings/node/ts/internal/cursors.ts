import type { ReadCursor } from '../api.js';
import type * as native from './addon.js';
import { translate, type Core } from './core.js';
import * as read from './read.js';
import { kept } from './same.js';
import { Observable } from './state.js';

/**
 * How far others have read. It lies on disk, so that the first look only begins to read it; while
 * somebody watches, every event that tells of it has it read again.
 */
export class ReadCursors extends Observable<readonly ReadCursor[]> {
  readonly #core: Core;
  readonly #inner: native.Conversation;
  readonly #id: string;
  #current: readonly ReadCursor[] = [];
  #stop: (() => void) | null = null;
  #forget: () => void = () => {};
  /** The reading that runs, and whether it may have missed something. */
  #running: Promise<readonly ReadCursor[]> | null = null;
  #stale = false;

  constructor(core: Core, inner: native.Conversation, id: string) {
    super();
    this.#core = core;
    this.#inner = inner;
    this.#id = id;
  }

  get current(): readonly ReadCursor[] {
    if (this.#stop === null) this.#refresh();
    return this.#current;
  }

  /** Reads it. */
  load(): Promise<readonly ReadCursor[]> {
    return this.#core.call(async () => this.#show(read.cursors(await this.#inner.readCursors())));
  }

  protected override watched(): void {
    try {
      this.#stop = this.#core.watch({ kinds: ['cursors'], conversationId: this.#id }, () => this.#refresh());
    } catch {
      // It is closed.
      this.end();
      return;
    }
    this.#forget = this.#core.own(() => this.end());
    this.#refresh();
  }

  protected override unwatched(): void {
    this.#forget();
    this.#stop?.();
    this.#stop = null;
  }

  /** Reads it, once more if something changed while it was read. */
  #refresh(): void {
    if (this.ended || this.#core.ended) return;
    if (this.#running !== null) {
      this.#stale = true;
      return;
    }
    this.#running = this.load();
    this.#running.catch(translate).finally(() => {
      this.#running = null;
      if (this.#stale) {
        this.#stale = false;
        this.#refresh();
      }
    });
  }

  #show(cursors: readonly ReadCursor[]): readonly ReadCursor[] {
    const before = this.#current;
    this.#current = kept(before, cursors);
    if (before !== this.#current && !this.ended) this.tell();
    return this.#current;
  }
}
