import type { CallOptions } from '../../api.js';
import type { Topics } from '../link.js';
import { failure } from '../../error.js';
import type { Wire } from './wire.js';

/** Values that may wait for a slow loop; the host has the like. */
const MOST = 1024;

/** How a sequence fares when its connection breaks, or its loop is slow. */
export interface StreamOptions<T> {
  /** What is put in place of values that were lost, if there is such. */
  missed?(count: number): T;
}

/** A sequence that the host gives. It begins with the loop, and ends with it. */
export async function* stream<K extends keyof Topics>(
  wire: Wire,
  topic: K,
  args: Parameters<Topics[K]>,
  { signal }: CallOptions,
  { missed }: StreamOptions<ReturnType<Topics[K]>> = {},
): AsyncIterableIterator<ReturnType<Topics[K]>> {
  type Value = ReturnType<Topics[K]>;
  if (signal?.aborted) return;
  const waiting: Value[] = [];
  let lost = 0;
  let over = false;
  let failed: Error | null = null;
  let wake: () => void = () => undefined;
  const watch = wire.watch(topic, args, {
    next: (value) => {
      if (waiting.length >= MOST) {
        waiting.shift();
        lost += 1;
      }
      waiting.push(value as Value);
      wake();
    },
    done: (fault) => {
      over = true;
      failed = fault && failure(fault);
      wake();
    },
  });
  const abort = (): void => wake();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    while (!signal?.aborted) {
      if (lost > 0 && missed) {
        const count = lost;
        lost = 0;
        yield missed(count);
        continue;
      }
      const value = waiting.shift();
      if (value !== undefined) {
        yield value;
        continue;
      }
      if (failed) throw failed;
      if (over) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    watch.stop();
  }
}
