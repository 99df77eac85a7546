/**
 * The heights of many rows, and where each of them begins: a Fenwick tree, so that one row which
 * turns out taller than it was thought to be costs log n and not n.
 */
export class Heights {
  readonly #heights: Float64Array;
  readonly #tree: Float64Array;

  constructor(readonly count: number, heightOf: (index: number) => number) {
    this.#heights = new Float64Array(count);
    this.#tree = new Float64Array(count + 1);
    for (let index = 0; index < count; index++) {
      const height = heightOf(index);
      this.#heights[index] = height;
      this.#tree[index + 1]! += height;
      const parent = (index + 1) + ((index + 1) & -(index + 1));
      if (parent <= count) this.#tree[parent]! += this.#tree[index + 1]!;
    }
  }

  /** All rows together, in pixels. */
  get total(): number {
    return this.top(this.count);
  }

  /** The height of a row. */
  at(index: number): number {
    return this.#heights[index] ?? 0;
  }

  /** Where a row begins; for `count`, where the last one ends. */
  top(index: number): number {
    let sum = 0;
    for (let at = index; at > 0; at -= at & -at) sum += this.#tree[at]!;
    return sum;
  }

  /** Says how tall a row really is. True if that is news. */
  set(index: number, height: number): boolean {
    const change = height - this.at(index);
    if (change === 0) return false;
    this.#heights[index] = height;
    for (let at = index + 1; at <= this.count; at += at & -at) this.#tree[at]! += change;
    return true;
  }

  /** The row at a distance from the top: the first one for what is above, the last for what is below. */
  find(distance: number): number {
    let index = 0;
    let left = distance;
    for (let step = 1 << Math.floor(Math.log2(this.count || 1)); step > 0; step >>= 1) {
      const next = index + step;
      if (next <= this.count && this.#tree[next]! <= left) {
        index = next;
        left -= this.#tree[next]!;
      }
    }
    return Math.max(0, Math.min(index, this.count - 1));
  }
}
