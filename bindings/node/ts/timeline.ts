import type { CallOptions, State, Timeline, TimelineState, TimelineUpdate } from './api.js';
import { closed } from './error.js';
import type * as native from './internal/addon.js';
import { Owner, type Core } from './internal/core.js';
import { applyBatch } from './internal/list.js';
import { Pulled } from './internal/pulled.js';
import * as read from './internal/read.js';
import { Value } from './internal/state.js';

/** A timeline over the native library. */
export class OpenTimeline implements Timeline {
  readonly #core: Core;
  readonly #inner: native.Timeline;
  readonly #owner = new Owner();
  readonly #forget: () => void;
  #state: Value<TimelineState> | undefined;
  readonly conversationId: string;

  constructor(core: Core, inner: native.Timeline, conversationId: string) {
    this.#core = core;
    this.#inner = inner;
    this.conversationId = conversationId;
    this.#forget = core.own(() => void this.close());
  }

  /** It begins to be kept when it is first asked for. */
  get state(): State<TimelineState> {
    this.#state ??= this.#begin();
    return this.#state;
  }

  async now(): Promise<TimelineState> {
    return this.#snapshot();
  }

  changes(options?: CallOptions): AsyncIterableIterator<TimelineUpdate> {
    this.#open();
    const updates = this.#core.look(() => this.#inner.updates());
    return new Pulled(updates, (batch) => [read.update(batch)], this.#owner.own, options);
  }

  async loadOlder(): Promise<void> {
    this.#open();
    return this.#core.call(() => this.#inner.loadOlder());
  }

  async loadNewer(): Promise<void> {
    this.#open();
    return this.#core.call(() => this.#inner.loadNewer());
  }

  close(): Promise<void> {
    if (!this.#owner.ended) {
      this.#forget();
      this.#owner.end();
      this.#state?.end();
      this.#inner.end();
    }
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): void {
    if (this.#core.ended) throw closed();
    if (this.#owner.ended) throw closed('timeline_closed', 'the timeline is closed');
  }

  #snapshot(): TimelineState {
    this.#open();
    const { items, state } = this.#core.look(() => this.#inner.snapshot());
    return { items: items.map(read.item), ...state };
  }

  #begin(): Value<TimelineState> {
    const value = new Value<TimelineState>(this.#snapshot());
    // Its first batch holds all that is there, and what is the same stays the same.
    const batches = this.#core.look(() =>
      this.#inner.onBatch((batch) => {
        if (batch === null) void this.close();
        else value.set(applyBatch(value.current, batch));
      }),
    );
    this.#owner.own(() => batches.cancel());
    return value;
  }
}
