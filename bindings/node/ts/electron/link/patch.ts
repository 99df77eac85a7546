import { same } from '../../internal/same.js';

/**
 * How a list of things that have keys became another. A list of thousands, of which one moved up,
 * crosses as its keys and one thing.
 */
export interface ListPatch<T> {
  /** The keys in their order; null if it is as it was. */
  readonly order: readonly string[] | null;
  /** What is new or changed. */
  readonly changed: readonly T[];
}

/** How `last` became `next`; null if it did not change. */
export function patchOf<T>(last: readonly T[], next: readonly T[], key: (item: T) => string): ListPatch<T> | null {
  const before = new Map(last.map((item) => [key(item), item]));
  const changed = next.filter((item) => {
    const old = before.get(key(item));
    return old === undefined || !same(old, item);
  });
  const moved = last.length !== next.length || next.some((item, place) => key(item) !== key(last[place] as T));
  if (!moved && changed.length === 0) return null;
  return { order: moved ? next.map(key) : null, changed };
}

/**
 * The list after a patch. What did not change is the same object as in `last`, and the list itself is
 * `last` if nothing did.
 */
export function patched<T>(last: readonly T[], patch: ListPatch<T>, key: (item: T) => string): readonly T[] {
  const items = new Map(last.map((item) => [key(item), item]));
  for (const item of patch.changed) {
    const old = items.get(key(item));
    if (old === undefined || !same(old, item)) items.set(key(item), item);
  }
  const order = patch.order ?? last.map(key);
  const next = order.map((name) => {
    const item = items.get(name);
    if (item === undefined) throw new RangeError('the patch does not belong to this list');
    return item;
  });
  const unchanged = next.length === last.length && next.every((item, place) => item === last[place]);
  return unchanged ? last : next;
}
