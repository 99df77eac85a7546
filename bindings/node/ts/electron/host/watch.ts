import type { Timeline } from '../../api.js';
import type { Source } from './topics.js';

/** Where a watch's values go. */
export interface Sink {
  next(value: unknown): void;
  /** The end, which is not of the renderer's making; with what was thrown, if something was. */
  done(thrown: unknown): void;
}

/**
 * Something that a renderer watches: values go out one after the other, no more than the window
 * unacknowledged. What a state went through meanwhile is skipped; of a sequence nothing more is asked for.
 */
export class Watch {
  private readonly ending = new AbortController();
  private room: number;
  private source: Source | null = null;
  private unsubscribe: (() => void) | null = null;
  private asking = false;
  private readonly opening: Promise<Source>;

  constructor(
    open: (signal: AbortSignal) => Source | Promise<Source>,
    private readonly window: number,
    private readonly sink: Sink,
  ) {
    this.room = window;
    this.opening = (async () => open(this.ending.signal))();
    this.opening.then(
      (source) => this.begin(source),
      (thrown: unknown) => this.fail(thrown),
    );
  }

  /** The timeline behind it, once that is open; null if it is a watch of something else. */
  async timeline(): Promise<Timeline | null> {
    const source = await this.opening;
    return source.kind === 'stream' ? (source.timeline ?? null) : null;
  }

  /** The renderer took a value. */
  acknowledge(): void {
    // One that acknowledges what it did not get is sent no more for it.
    this.room = Math.min(this.room + 1, this.window);
    this.pump();
  }

  /** The renderer has enough. All that was held for it is given up when this is done. */
  async end(): Promise<void> {
    if (this.ending.signal.aborted) return;
    this.ending.abort();
    this.unsubscribe?.();
    const source = await this.opening.catch(() => null);
    if (source?.kind === 'stream') await source.close().catch(() => undefined);
  }

  private get over(): boolean {
    return this.ending.signal.aborted;
  }

  private begin(source: Source): void {
    if (this.over) return;
    this.source = source;
    if (source.kind === 'state') this.unsubscribe = source.subscribe(() => this.pump());
    this.pump();
  }

  private pump(): void {
    const { source } = this;
    if (this.over || !source) return;
    if (source.kind === 'stream') {
      void this.ask(source.items);
      return;
    }
    if (this.room === 0) return;
    const taken = source.take();
    if (taken) this.give(taken.value);
  }

  private async ask(items: AsyncIterator<unknown>): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    try {
      while (this.room > 0 && !this.over) {
        const { done, value } = await items.next();
        if (this.over) return;
        if (done) {
          this.fail(null);
          return;
        }
        this.give(value);
      }
    } catch (thrown) {
      this.fail(thrown);
    } finally {
      this.asking = false;
    }
  }

  private give(value: unknown): void {
    this.room -= 1;
    this.sink.next(value);
  }

  private fail(thrown: unknown): void {
    if (this.over) return;
    void this.end();
    this.sink.done(thrown);
  }
}
