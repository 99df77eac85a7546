/** The part of the windowed list that needs no page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Heights } from '../renderer/timeline/heights.js';
import { Viewport } from '../renderer/timeline/viewport.js';

interface Row { readonly key: string; readonly height: number }
const rows = (from: number, to: number): Row[] => Array.from({ length: to - from }, (_, at) => ({ key: `r${from + at}`, height: 20 + ((from + at) * 7) % 50 }));

/** A page that draws what the viewport says, with rows that are not as high as was guessed. */
function page(viewport: Viewport<Row>, items: readonly Row[]) {
  for (let again = true; again;) {
    const drawn = viewport.drawn();
    const measured: [number, number][] = [];
    for (let index = drawn.first; index < drawn.last; index++) measured.push([index, items[index]!.height]);
    viewport.measured(measured);
    again = viewport.drawn() !== drawn;
  }
  viewport.settled();
}

function opened(items: readonly Row[]): Viewport<Row> {
  const viewport = new Viewport<Row>({ key: (row) => row.key, guess: () => 40 }, 70, true);
  viewport.take(items);
  viewport.resized(800, 600);
  page(viewport, items);
  return viewport;
}

/** Where a row is on the screen. */
const at = (viewport: Viewport<Row>, items: readonly Row[], key: string) =>
  viewport.top(items.findIndex((row) => row.key === key)) - viewport.scroll;

test('heights are what a plain sum says they are, after any changes', () => {
  const plain = Array.from({ length: 137 }, (_, index) => (index * 31) % 90);
  const heights = new Heights(plain.length, (index) => plain[index]!);
  for (let change = 0; change < 500; change++) {
    const index = (change * 53) % plain.length;
    plain[index] = (change * 17) % 120;
    heights.set(index, plain[index]!);
  }
  let top = 0;
  for (const [index, height] of plain.entries()) {
    assert.equal(heights.top(index), top);
    if (height > 0) assert.equal(heights.find(top), index);
    if (height > 1) assert.equal(heights.find(top + height - 1), index);
    top += height;
  }
  assert.equal(heights.total, top);
  assert.equal(heights.find(-5), 0);
  assert.equal(heights.find(top + 5), plain.length - 1);
});

test('it begins at the end, and follows it', () => {
  const items = rows(0, 200);
  const viewport = opened(items);
  assert.equal(viewport.drawn().last, 200);
  assert.equal(viewport.scroll, viewport.drawn().total - 600);
  const more = [...items, ...rows(200, 203)];
  viewport.take(more);
  page(viewport, more);
  assert.equal(viewport.scroll, viewport.drawn().total - 600);
});

test('what the reader looks at stays where it is while rows come before it and after it', () => {
  let items = rows(1_000, 1_200);
  const viewport = opened(items);
  viewport.scrolled(viewport.scroll - 2_000);
  page(viewport, items);
  const anchor = items.find((_, index) => viewport.top(index) >= viewport.scroll)!.key;
  const before = at(viewport, items, anchor);
  for (let from = 940; from > 0; from -= 60) {
    items = [...rows(from, from + 60), ...items];
    viewport.take(items);
    page(viewport, items);
    assert.equal(at(viewport, items, anchor), before);
  }
  items = [...items, ...rows(1_200, 1_210)];
  viewport.take(items);
  page(viewport, items);
  assert.equal(at(viewport, items, anchor), before);
});

test('what the reader looks at stays where it is while rows above turn out taller or shorter', () => {
  const items = rows(0, 2_000);
  const viewport = opened(items);
  for (let step = 0; step < 100; step++) {
    viewport.scrolled(viewport.scroll - 350);
    // The first row in sight was drawn before it came into sight, and was measured then.
    const index = items.findIndex((_, at) => viewport.top(at) >= viewport.scroll);
    const before = at(viewport, items, items[index]!.key);
    page(viewport, items);
    assert.equal(at(viewport, items, items[index]!.key), before);
  }
});

test('only what is in sight and a little more is drawn, however many there are', () => {
  const items = rows(0, 10_000);
  const viewport = opened(items);
  for (let step = 0; step < 400; step++) {
    viewport.scrolled(Math.max(0, viewport.scroll - 333));
    page(viewport, items);
    const { first, last } = viewport.drawn();
    assert.ok(last - first < 60, `${last - first} rows`);
    assert.ok(viewport.top(first) <= viewport.scroll || first === 0);
    assert.ok(viewport.top(last - 1) + items[last - 1]!.height >= viewport.scroll + 600 || last === 10_000);
  }
});

test('a row that goes away leaves the others where they are', () => {
  const items = rows(0, 300);
  const viewport = opened(items);
  viewport.scrolled(viewport.scroll - 1_500);
  page(viewport, items);
  const anchor = items.find((_, index) => viewport.top(index) >= viewport.scroll)!.key;
  const before = at(viewport, items, anchor);
  const fewer = items.filter((row) => row.key !== 'r10');
  viewport.take(fewer);
  page(viewport, fewer);
  assert.equal(at(viewport, fewer, anchor), before);
});

test('where the page is scrolled to says nothing of the reader until it is where it must be', () => {
  const items = rows(0, 200);
  const viewport = new Viewport<Row>({ key: (row) => row.key, guess: () => 40 }, 70, true);
  viewport.take(items);
  viewport.resized(800, 600);
  // The page is at its very top still; that is not where the reader went.
  viewport.scrolled(0);
  assert.equal(viewport.atEnd, true);
  page(viewport, items);
  viewport.scrolled(0);
  assert.equal(viewport.atEnd, false);
});
