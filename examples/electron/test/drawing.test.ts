/** Ten thousand messages: few elements in the page, and none of them moves by itself. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launch } from './support/world.js';

const PAGE = join(import.meta.dirname, 'page');
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const name = pathname === '/' ? 'index.html' : pathname.slice(1);
  const type = name.endsWith('.js') ? 'text/javascript' : name.endsWith('.css') ? 'text/css' : 'text/html';
  readFile(join(PAGE, name)).then((body) => response.writeHead(200, { 'content-type': type }).end(body), () => response.writeHead(404).end());
});
let browser: Browser;
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  browser = await launch();
});
after(async () => {
  await browser.close();
  server.close();
});

async function opened(loaded: number): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1180, height: 900 } });
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/?count=10000&loaded=${loaded}`);
  await page.locator('.message').first().waitFor();
  return page;
}

/**
 * Scrolls up step by step, and says what is seen after each frame: how many elements there are, and how
 * far a row that stayed in sight is from where the scrolling alone would have put it.
 */
function scrollUp(page: Page, steps: number, by: number) {
  return page.evaluate(async ({ steps, by }) => {
    const scroller = document.querySelector<HTMLElement>('.messages')!;
    const frame = () => new Promise<void>((resolve) => requestAnimationFrame(() => resolve()));
    const tops = () => new Map([...scroller.querySelectorAll<HTMLElement>('.message')].map((row) => [row.dataset['key']!, row.querySelector('.bubble')!.getBoundingClientRect().top]));
    let [most, drift, compared] = [0, 0, 0];
    const box = scroller.getBoundingClientRect();
    for (let step = 0; step < steps; step++) {
      const before = tops();
      const from = scroller.scrollTop;
      scroller.scrollTop = from - by;
      const moved = from - scroller.scrollTop;
      // Two frames: the scroll's own, and what follows from it.
      await frame();
      await frame();
      for (const [key, top] of tops()) {
        const was = before.get(key);
        // Rows that were in sight before and still are.
        if (was === undefined || was < box.top || was + moved > box.bottom) continue;
        drift = Math.max(drift, Math.abs(top - was - moved));
        compared++;
      }
      most = Math.max(most, document.querySelectorAll('*').length);
    }
    return { most, drift, compared, loaded: window.fake.loaded() };
  }, { steps, by });
}

test('while ten thousand messages are scrolled through there are fewer than 400 elements, and no row drifts', async () => {
  const page = await opened(10_000);
  const seen = await scrollUp(page, 300, 280);
  assert.ok(seen.compared > 2_000, `${seen.compared} rows were compared`);
  assert.ok(seen.most < 400, `${seen.most} elements`);
  assert.equal(seen.drift, 0);
  await page.close();
});

test('while older pages come in, what is in sight stays where it is', async () => {
  const page = await opened(60);
  const seen = await scrollUp(page, 300, 280);
  assert.ok(seen.loaded > 1_000, `${seen.loaded} messages came`);
  assert.ok(seen.compared > 2_000, `${seen.compared} rows were compared`);
  assert.equal(seen.drift, 0);
  await page.close();
});

test('at the very top, with nothing above to scroll to, an older page moves nothing', async () => {
  const page = await opened(60);
  const drift = await page.evaluate(async () => {
    const scroller = document.querySelector<HTMLElement>('.messages')!;
    const frame = () => new Promise<void>((resolve) => requestAnimationFrame(() => resolve()));
    let worst = 0;
    for (let page = 0; page < 20; page++) {
      const loaded = window.fake.loaded();
      scroller.scrollTop = 0;
      const row = scroller.querySelector<HTMLElement>('.message')!;
      await frame();
      const anchor = [...scroller.querySelectorAll<HTMLElement>('.message')].find((one) => one.getBoundingClientRect().top >= scroller.getBoundingClientRect().top) ?? row;
      const key = anchor.dataset['key']!;
      // What is said: the day and the author above it go when something older comes before it.
      const top = (message: Element) => message.querySelector('.bubble')!.getBoundingClientRect().top;
      const before = top(anchor);
      while (window.fake.loaded() === loaded) await frame();
      await frame();
      const now = scroller.querySelector<HTMLElement>(`[data-key="${key}"]`);
      if (now === null) throw new Error(`${key} went out of the page`);
      worst = Math.max(worst, Math.abs(top(now) - before));
    }
    return worst;
  });
  assert.equal(drift, 0);
  await page.close();
});

test('new messages move nothing for who reads further up, and are followed by who is at the end', async () => {
  const page = await opened(10_000);
  await scrollUp(page, 10, 280);
  const place = () => page.evaluate(() => {
    const scroller = document.querySelector<HTMLElement>('.messages')!;
    const row = [...scroller.querySelectorAll<HTMLElement>('.message')].find((one) => one.getBoundingClientRect().top > scroller.getBoundingClientRect().top)!;
    return { key: row.dataset['key'], top: row.getBoundingClientRect().top };
  });
  const before = await place();
  await page.evaluate(() => { for (let at = 0; at < 3; at++) window.fake.receive(); });
  await page.getByRole('button', { name: '3 new messages' }).waitFor();
  assert.deepEqual(await place(), before);
  await page.getByRole('button', { name: '3 new messages' }).click();
  await page.locator('[data-key=m10003]').waitFor();
  await page.evaluate(() => window.fake.receive());
  await page.locator('[data-key=m10004]').waitFor();
  const atEnd = await page.evaluate(() => {
    const scroller = document.querySelector<HTMLElement>('.messages')!;
    return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
  });
  assert.equal(atEnd, 0);
  await page.close();
});

test('a window that is made narrower or wider keeps what is in sight', async () => {
  const page = await opened(10_000);
  await scrollUp(page, 40, 280);
  const first = () => page.evaluate(() => {
    const scroller = document.querySelector<HTMLElement>('.messages')!;
    return [...scroller.querySelectorAll<HTMLElement>('.message')].find((one) => one.getBoundingClientRect().top >= scroller.getBoundingClientRect().top)!.dataset['key'];
  });
  const before = await first();
  await page.setViewportSize({ width: 820, height: 900 });
  await page.waitForFunction(() => document.querySelector('.messages')!.clientWidth < 500);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  assert.equal(await first(), before);
  await page.close();
});
