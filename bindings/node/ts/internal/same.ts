/** Whether two values of plain data say the same. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) => Object.hasOwn(b, key) && same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}

/** The old value if the new one says the same, so that it can be compared by `===`. */
export function kept<T>(old: T, fresh: T): T {
  return same(old, fresh) ? old : fresh;
}

/** A list, in which what says the same as before is the same as before, and the whole, if all of it is. */
export function keptList<T>(old: readonly T[], fresh: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const before = new Map(old.map((item) => [keyOf(item), item]));
  const result = fresh.map((item) => {
    const known = before.get(keyOf(item));
    return known === undefined ? item : kept(known, item);
  });
  return result.length === old.length && result.every((item, place) => item === old[place]) ? old : result;
}
