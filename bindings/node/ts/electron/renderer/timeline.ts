import type { CallOptions, State, Timeline, TimelineItem, TimelineState, TimelineUpdate } from '../../api.js';
import { applyUpdate } from '../../apply.js';
import { type Fault, closed, failure } from '../../error.js';
import { same } from '../../internal/same.js';
import { Value } from '../../internal/state.js';
import { Loop } from './loop.js';
import type { Wire } from './wire.js';

/** Changes that a slow loop may have waiting; with more it begins anew. */
const MOST = 512;
const EMPTY: TimelineState = { items: [], hasOlder: false, hasNewer: false, loading: false };

/** What a timeline was opened with. */
export interface Opening {
  readonly conversationId: string;
  readonly at: number | null;
  readonly page: number | null;
}

/**
 * A timeline on this side. It is the host's, change for change; after the connection broke, the host
 * opens another one, at the same place, which begins with one page. What was shown beyond that stays,
 * and is asked for again page by page, until the host's has caught up.
 */
export class RemoteTimeline implements Timeline {
  private readonly shown = new Value<TimelineState>(EMPTY);
  private readonly unseen = new Set<Unseen>();
  private readonly watch: { readonly id: number; stop(): void };
  /** What the host's timeline holds; the rest of what is shown is from before. */
  private held: readonly TimelineItem[] = [];
  private catchingUp = false;
  private readonly asked = new Set<'loadOlder' | 'loadNewer'>();
  private begun: { resolve(timeline: RemoteTimeline): void; reject(error: unknown): void } | null = null;
  private closed = false;

  private constructor(
    private readonly wire: Wire,
    private readonly opening: Opening,
    private readonly onEnd: (timeline: RemoteTimeline) => void,
  ) {
    const { conversationId, at, page } = opening;
    this.watch = wire.watch('timeline', [conversationId, at, page], {
      next: (update) => this.take(update as TimelineUpdate),
      done: (fault) => this.done(fault),
      again: () => (this.catchingUp = true),
      // Whoever had come to the newest message goes on from there.
      args: () => [conversationId, this.shown.current.hasNewer ? at : null, page],
    });
  }

  /** Opens one; resolves when it has what is cached. */
  static open(
    wire: Wire,
    opening: Opening,
    { signal }: CallOptions,
    onEnd: (timeline: RemoteTimeline) => void,
  ): Promise<RemoteTimeline> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const timeline = new RemoteTimeline(wire, opening, onEnd);
      const abort = (): void => {
        timeline.end();
        reject(signal?.reason);
      };
      const settled = (): void => signal?.removeEventListener('abort', abort);
      signal?.addEventListener('abort', abort, { once: true });
      timeline.begun = {
        resolve: (opened) => (settled(), resolve(opened)),
        reject: (error) => (settled(), reject(error)),
      };
      // It may have failed at once.
      if (timeline.closed) timeline.begun.reject(closed());
    });
  }

  get conversationId(): string {
    return this.opening.conversationId;
  }

  /** Whether it was closed, from whichever side. */
  get ended(): boolean {
    return this.closed;
  }

  get state(): State<TimelineState> {
    return this.shown;
  }

  async now(): Promise<TimelineState> {
    this.assertOpen();
    return this.wire.call('timelineState', [this.watch.id]);
  }

  changes({ signal }: CallOptions = {}): AsyncIterableIterator<TimelineUpdate> {
    this.assertOpen();
    const unseen = new Unseen(this.shown, signal, () => this.unseen.delete(unseen));
    if (!signal?.aborted) this.unseen.add(unseen);
    return unseen.loop;
  }

  loadOlder(): Promise<void> {
    return this.load('loadOlder');
  }

  loadNewer(): Promise<void> {
    return this.load('loadNewer');
  }

  async close(): Promise<void> {
    this.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Refuses what is asked of a closed timeline. */
  private assertOpen(): void {
    if (this.closed) throw closed('timeline_closed', 'the timeline is closed');
  }

  private async load(method: 'loadOlder' | 'loadNewer'): Promise<void> {
    this.assertOpen();
    await this.wire.call(method, [this.watch.id]);
  }

  /** Asks for a page of what was shown before, unless one is on its way. */
  private more(method: 'loadOlder' | 'loadNewer'): void {
    if (this.asked.has(method)) return;
    this.asked.add(method);
    const answered = (): void => void this.asked.delete(method);
    this.load(method).then(answered, answered);
  }

  private take(update: TimelineUpdate): void {
    const { hasOlder, hasNewer, loading } = update;
    const before = this.shown.current.items;
    this.held = applyUpdate(this.held, update);
    let items = this.held;
    let older = hasOlder;
    let newer = hasNewer;
    if (this.catchingUp || update.changes.some((change) => change.kind === 'reset')) {
      items = reconciled(before, items);
      this.held = items;
    }
    if (this.catchingUp) {
      const { head, tail } = beyond(before, this.held);
      // What is not to be had any more goes.
      const first = hasOlder ? head : [];
      const last = hasNewer ? tail : [];
      this.catchingUp = first.length > 0 || last.length > 0;
      items = [...first, ...this.held, ...last];
      older = hasOlder || first.length > 0;
      newer = hasNewer || last.length > 0;
      if (first.length > 0) this.more('loadOlder');
      if (last.length > 0) this.more('loadNewer');
      this.show({ items, hasOlder: older, hasNewer: newer, loading }, null);
    } else {
      this.show({ items, hasOlder, hasNewer, loading }, update);
    }
    this.begun?.resolve(this);
    this.begun = null;
  }

  private show(next: TimelineState, update: TimelineUpdate | null): void {
    const last = this.shown.current;
    const unmoved = last.items.length === next.items.length && last.items.every((item, place) => item === next.items[place]);
    const items = unmoved ? last.items : next.items;
    if (unmoved && last.hasOlder === next.hasOlder && last.hasNewer === next.hasNewer && last.loading === next.loading) return;
    this.shown.set({ ...next, items });
    for (const unseen of [...this.unseen]) unseen.put(update);
  }

  private done(fault: Fault | null): void {
    if (this.begun) {
      this.begun.reject(fault ? failure(fault) : closed());
      this.begun = null;
    }
    this.end();
  }

  private end(): void {
    if (this.closed) return;
    this.closed = true;
    this.watch?.stop();
    this.shown.end();
    for (const { loop } of [...this.unseen]) loop.end();
    this.onEnd(this);
  }
}

/** The new items; of those that say the same as before, the objects of before. */
function reconciled(before: readonly TimelineItem[], items: readonly TimelineItem[]): readonly TimelineItem[] {
  if (before.length === 0) return items;
  const known = new Map(before.map((item) => [item.key, item]));
  return items.map((item) => {
    const old = known.get(item.key);
    return old && same(old, item) ? old : item;
  });
}

/** What of the items of before lies before and after those that the host has. */
export function beyond(
  before: readonly TimelineItem[],
  held: readonly TimelineItem[],
): { readonly head: readonly TimelineItem[]; readonly tail: readonly TimelineItem[] } {
  const placed = held.filter((item) => item.seq !== null);
  const first = placed[0]?.seq ?? null;
  const last = placed.at(-1)?.seq ?? null;
  if (first === null || last === null) return { head: [], tail: [] };
  const keys = new Set(held.map((item) => item.key));
  const rest = before.filter((item) => item.seq !== null && !keys.has(item.key));
  return {
    head: rest.filter((item) => (item.seq as number) < first),
    tail: rest.filter((item) => (item.seq as number) > last),
  };
}

/** What a loop over a timeline's changes has not seen. */
class Unseen {
  readonly loop: Loop<TimelineUpdate>;
  private waiting: TimelineUpdate | null = null;
  /** It has to begin anew. */
  private anew = true;

  constructor(
    private readonly shown: State<TimelineState>,
    signal: AbortSignal | undefined,
    leave: () => void,
  ) {
    this.loop = new Loop({ take: () => this.take(), leave }, signal);
    if (signal?.aborted) void this.loop.return();
  }

  /** What changed; null if that cannot be said. */
  put(update: TimelineUpdate | null): void {
    const changes = [...(this.waiting?.changes ?? []), ...(update?.changes ?? [])];
    if (!update || changes.length > MOST) this.anew = true;
    this.waiting = this.anew || !update ? null : { ...update, changes };
    this.loop.changed();
  }

  private take(): TimelineUpdate | undefined {
    const { anew, waiting } = this;
    this.anew = false;
    this.waiting = null;
    if (!anew) return waiting ?? undefined;
    const { items, hasOlder, hasNewer, loading } = this.shown.current;
    return { changes: [{ kind: 'reset', items }], hasOlder, hasNewer, loading };
  }
}
