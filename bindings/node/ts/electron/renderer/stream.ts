import type { CallOptions } from '../../api.js';
import { failure } from '../../error.js';
import { same } from '../../internal/same.js';
import type { Topics } from '../link.js';
import { Loop } from './loop.js';
import type { Wire } from './wire.js';

/** Values that may wait for a slow loop; the host has the like. */
const MOST = 1024;

/** How a sequence fares when its connection breaks, or its loop is slow. */
export interface StreamOptions<T> {
  /** What is put in place of values that were lost; 0 if nobody knows how many. Without, only the newest count. */
  missed?(count: number): T;
}

/** A sequence that the host gives, from now on until its loop ends. */
export function stream<K extends keyof Topics>(
  wire: Wire,
  topic: K,
  args: Parameters<Topics[K]>,
  { signal }: CallOptions,
  { missed }: StreamOptions<ReturnType<Topics[K]>> = {},
): AsyncIterableIterator<ReturnType<Topics[K]>> {
  type Value = ReturnType<Topics[K]>;
  const waiting: Value[] = [];
  let lost = 0;
  let newest: Value | undefined;
  let stop = (): void => {};
  const take = (): Value | undefined => {
    if (lost === 0 || !missed) return waiting.shift();
    const count = lost;
    lost = 0;
    return missed(count);
  };
  const loop = new Loop<Value>({ take, leave: () => stop() }, signal);
  if (signal?.aborted) {
    void loop.return();
    return loop;
  }
  const watch = wire.watch(topic, args, {
    next: (value) => {
      // A new host begins with what is known already.
      if (!missed && same(value, newest)) return;
      newest = value as Value;
      if (waiting.length >= MOST) {
        waiting.shift();
        lost += 1;
      }
      waiting.push(newest);
      loop.changed();
    },
    again: () => {
      if (missed) waiting.push(missed(0));
      loop.changed();
    },
    done: (fault) => loop.end(fault && failure(fault)),
  });
  stop = () => watch.stop();
  return loop;
}
