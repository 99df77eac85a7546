/**
 * Which rows of a long list are drawn, and where: the part of the windowed list that knows neither
 * React nor a message. `windowed.tsx` draws what it says.
 *
 * What the reader looks at never moves by itself. The first row that begins in sight is the anchor; whatever
 * changes above it (older rows come in, a row turns out taller than it was thought to be), the
 * scroll position changes by as much, before anything is painted. Only who is at the end follows the
 * end.
 */
import { Heights } from './heights.js';

/** Rows are drawn for so many pixels beyond what is in sight, on either side. */
const BEYOND = 400;
/** Who is so close to the end is at the end. */
const AT_END = 32;

/** What a list must say of its rows. */
export interface Rows<T> {
  key(item: T): string;
  /** A guess of the height of a row that was never drawn. */
  guess(items: readonly T[], index: number, width: number): number;
}

/** What is drawn. The same object for as long as nothing of it changes. */
export interface Drawn {
  readonly first: number;
  /** Exclusive. */
  readonly last: number;
  /** Of all rows, in pixels. */
  readonly total: number;
  /** Changes when a drawn row must move. */
  readonly version: number;
  readonly atEnd: boolean;
}

interface Anchor {
  readonly index: number;
  readonly key: string;
  /**
   * The distance of the row's lower edge from the top of what is in sight. The lower one, since what a
   * row has above itself, the day or the author's name, goes when an older row comes before it.
   */
  readonly offset: number;
}

export class Viewport<T> {
  #items: readonly T[] = [];
  #heights = new Heights(0, () => 0);
  #measured = new Map<string, number>();
  #anchor: Anchor | null = null;
  #scroll = 0;
  /** The page is not yet scrolled to where this says. */
  #owed = false;
  #height = 0;
  #width = 0;
  #atEnd: boolean;
  #version = 0;
  #drawn: Drawn;
  #listeners = new Set<() => void>();

  /**
   * @param rows what the list says of its rows.
   * @param lead room above the first row, for what says that there is more.
   * @param sticky whether it begins at the end and follows it, as a conversation does.
   */
  constructor(private readonly rows: Rows<T>, readonly lead: number, private readonly sticky: boolean) {
    this.#atEnd = sticky;
    this.#drawn = { first: 0, last: 0, total: lead, version: 0, atEnd: sticky };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly drawn = (): Drawn => this.#drawn;

  /** Where the scroll position must be for the anchor to stay where it is. */
  get scroll(): number {
    return this.#scroll;
  }

  get atEnd(): boolean {
    return this.#atEnd;
  }

  get width(): number {
    return this.#width;
  }

  /** Where a row is drawn, from the top of the content. Short lists that are sticky lie at the bottom. */
  top(index: number): number {
    return this.#inset() + this.lead + this.#heights.top(index);
  }

  /** Takes the list as it is now. Called while drawing; the same list again does nothing. */
  take(items: readonly T[]): void {
    if (items === this.#items) return;
    const before = this.#items;
    this.#items = items;
    const { rows } = this;
    this.#heights = new Heights(items.length, (index) =>
      this.#measured.get(rows.key(items[index]!)) ?? rows.guess(items, index, this.#width));
    const anchor = this.#anchor;
    if (anchor !== null) {
      const index = this.#find(anchor, items.length - before.length);
      this.#anchor = index === null ? null : { ...anchor, index };
    }
    // Whoever calls this is drawing already.
    this.#place(true, false);
  }

  /** The reader scrolled. With `quietly`, whoever calls this is drawing already. */
  scrolled(to: number, quietly = false): void {
    // Until the page is scrolled to where it must be, where it is says nothing of the reader.
    if (this.#owed) return;
    // Browsers round what they are told.
    if (Math.abs(to - this.#scroll) < 1) return;
    this.#scroll = to;
    this.#atEnd = this.sticky && this.#fromEnd() <= AT_END;
    this.#lookForAnchor();
    this.#draw(false, !quietly);
  }

  /** The page is scrolled to where `scroll` says. */
  settled(): void {
    this.#owed = false;
  }

  /** The room to draw in has another size. A new width makes every measure void. */
  resized(width: number, height: number): void {
    if (width === this.#width && height === this.#height) return;
    const wider = width !== this.#width;
    this.#width = width;
    this.#height = height;
    if (wider) {
      this.#measured.clear();
      const { rows } = this;
      this.#heights = new Heights(this.#items.length, (index) => rows.guess(this.#items, index, width));
    }
    this.#place(true);
  }

  /** Drawn rows were measured. */
  measured(heights: Iterable<readonly [index: number, height: number]>): void {
    let news = false;
    for (const [index, height] of heights) {
      const item = this.#items[index];
      if (item === undefined) continue;
      const key = this.rows.key(item);
      const change = height - this.#heights.at(index);
      // One that was never drawn, since the reader jumped to it, begins where it was guessed to begin.
      if (this.#anchor?.index === index && !this.#measured.has(key)) this.#anchor = { index, key, offset: this.#anchor.offset + change };
      this.#measured.set(key, height);
      if (this.#heights.set(index, height)) news = true;
    }
    if (news) this.#place(true);
  }

  /** Goes to the end, and stays there. */
  toEnd(): void {
    this.#goTo(this.#endScroll());
  }

  /** Scrolls as little as brings a row into sight. */
  reveal(index: number, margin = 0): void {
    const top = this.top(index) - margin;
    const bottom = this.top(index) + this.#heights.at(index) + margin;
    let to = this.#scroll;
    if (bottom > to + this.#height) to = bottom - this.#height;
    if (top < to) to = top;
    if (index === 0) to = 0;
    this.#goTo(to);
  }

  /** Puts a row into the middle. */
  center(index: number): void {
    const to = this.top(index) - (this.#height - this.#heights.at(index)) / 2;
    this.#goTo(to);
  }

  #goTo(to: number): void {
    this.#move(Math.max(0, Math.min(to, this.#endScroll())));
    this.#atEnd = this.sticky && this.#fromEnd() <= AT_END;
    this.#lookForAnchor();
    this.#draw(true);
  }

  /** Scrolls by itself: the page has to follow. */
  #move(to: number): void {
    if (to === this.#scroll) return;
    this.#scroll = to;
    this.#owed = true;
  }

  #inset(): number {
    return this.sticky ? Math.max(0, this.#height - this.lead - this.#heights.total) : 0;
  }

  #content(): number {
    return this.#inset() + this.lead + this.#heights.total;
  }

  #endScroll(): number {
    return Math.max(0, this.#content() - this.#height);
  }

  #fromEnd(): number {
    return this.#endScroll() - this.#scroll;
  }

  /** After the rows changed: the scroll position that leaves the anchor in its place. */
  #place(moved = false, tell = true): void {
    if (this.#atEnd) {
      this.#move(this.#endScroll());
      this.#lookForAnchor();
    } else if (this.#anchor !== null) {
      const { index, key, offset } = this.#anchor;
      const bottom = this.top(index + 1);
      this.#move(Math.max(0, Math.min(bottom - offset, this.#endScroll())));
      // At either end there may be no room to keep it in its place: from now on it is where it is.
      this.#anchor = { index, key, offset: bottom - this.#scroll };
    } else {
      this.#move(Math.max(0, Math.min(this.#scroll, this.#endScroll())));
      this.#lookForAnchor();
    }
    this.#draw(moved, tell);
  }

  #lookForAnchor(): void {
    let index = this.#heights.find(this.#scroll - this.#inset() - this.lead);
    // One that begins above what is in sight may change its height there: the next one stays.
    if (this.top(index) < this.#scroll && index + 1 < this.#items.length && this.top(index + 1) < this.#scroll + this.#height) index++;
    const item = this.#items[index];
    this.#anchor = item === undefined
      ? null
      : { index, key: this.rows.key(item), offset: this.top(index + 1) - this.#scroll };
  }

  /** Where the anchor is in the list as it is now; or what stands where it stood. */
  #find(anchor: Anchor, shift: number): number | null {
    const { rows } = this;
    const items = this.#items;
    const here = (index: number) => {
      const item = items[index];
      return item !== undefined && rows.key(item) === anchor.key;
    };
    // Most often nothing came before it, or all that came did.
    if (here(anchor.index)) return anchor.index;
    if (here(anchor.index + shift)) return anchor.index + shift;
    const found = items.findIndex((item) => rows.key(item) === anchor.key);
    if (found >= 0) return found;
    return items.length === 0 ? null : Math.min(anchor.index, items.length - 1);
  }

  #draw(moved = false, tell = true): void {
    const top = this.#scroll - this.#inset() - this.lead;
    const count = this.#items.length;
    const first = count === 0 ? 0 : this.#heights.find(top - BEYOND);
    const last = count === 0 ? 0 : this.#heights.find(top + this.#height + BEYOND) + 1;
    const total = this.#content();
    const now = this.#drawn;
    if (!moved && first === now.first && last === now.last && total === now.total && this.#atEnd === now.atEnd) return;
    if (moved) this.#version++;
    this.#drawn = { first, last, total, version: this.#version, atEnd: this.#atEnd };
    if (tell) for (const listener of this.#listeners) listener();
  }
}
