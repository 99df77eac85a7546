/**
 * What scrolling through ten thousand messages costs, over the real host and a real server:
 *
 *     npm run measure
 *
 * Ten thousand messages are sent; a page scrolls up through all of them, pages of older ones coming in,
 * and then down and up again with all of them in the list. Chromium's own trace says how long script,
 * style and layout of each frame took. It prints figures, and passes or fails nothing.
 */
import { Causerie } from 'causerie';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CDPSession, Page } from 'playwright-core';
import { World } from './support/world.js';

const COUNT = Number(process.argv[2] ?? 10_000);
const WORDS = 'the of a morning light over river we could walk there after dinner maybe bring bread some tea it rains tomorrow but who knows really I found that old book again'.split(' ');

interface TraceEvent { readonly name: string; readonly ph: string; readonly ts: number; readonly dur?: number; readonly pid: number; readonly tid: number; readonly args?: { readonly name?: string } }

/** Work of the main thread on script, style and layout. Those inside of each other count once. */
const WORK = new Set(['FunctionCall', 'EvaluateScript', 'EventDispatch', 'FireAnimationFrame', 'RunMicrotasks', 'v8.callFunction', 'Layout', 'UpdateLayoutTree', 'HitTest', 'MajorGC', 'MinorGC', 'V8.GC_MC_BACKGROUND_MARKING']);

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Milliseconds of work in each frame, and the tasks, out of a trace. */
function read(events: readonly TraceEvent[]): { frames: number[]; tasks: number[] } {
  const main = events.find((event) => event.name === 'thread_name' && event.args?.name === 'CrRendererMain'
    && events.some((other) => other.pid === event.pid && other.tid === event.tid && other.name === 'FireAnimationFrame'));
  if (main === undefined) throw new Error('the trace has no main thread that animates');
  const own = events.filter((event) => event.pid === main.pid && event.tid === main.tid && event.ph === 'X').sort((one, other) => one.ts - other.ts);
  const starts = own.filter((event) => event.name === 'FireAnimationFrame').map((event) => event.ts);
  const frames = new Map<number, number>();
  let frame = 0;
  let end = 0;
  for (const event of own) {
    if (!WORK.has(event.name)) continue;
    const until = event.ts + (event.dur ?? 0);
    const from = Math.max(event.ts, end);
    if (until <= from) continue;
    end = until;
    while (frame < starts.length && starts[frame]! <= event.ts) frame++;
    frames.set(frame, (frames.get(frame) ?? 0) + (until - from) / 1000);
  }
  return {
    frames: starts.map((_, at) => frames.get(at + 1) ?? 0),
    tasks: own.filter((event) => event.name === 'RunTask' || event.name === 'ThreadControllerImpl::RunTask').map((event) => (event.dur ?? 0) / 1000),
  };
}

async function traced(session: CDPSession, what: () => Promise<unknown>): Promise<TraceEvent[]> {
  const events: TraceEvent[] = [];
  const collect = ({ value }: { value: object[] }) => void events.push(...(value as TraceEvent[]));
  session.on('Tracing.dataCollected', collect);
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['devtools.timeline', 'disabled-by-default-devtools.timeline', 'toplevel', 'v8', 'blink.user_timing', '__metadata'] },
  });
  await what();
  const done = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await done;
  session.off('Tracing.dataCollected', collect);
  return events;
}

/** Scrolls by so many pixels in each frame, until there is no more or so many frames are over. */
function scroll(page: Page, by: number, frames: number) {
  return page.evaluate(async ({ by, frames }) => {
    const scroller = document.querySelector<HTMLElement>('.messages')!;
    let most = 0;
    for (let frame = 0; frame < frames; frame++) {
      scroller.scrollTop += by;
      await new Promise<void>((resolve) => requestAnimationFrame(() => resolve()));
      if (frame % 20 === 0) most = Math.max(most, document.querySelectorAll('*').length);
    }
    return { most, shown: Number(document.querySelector('.messages [aria-setsize]')!.getAttribute('aria-setsize')) };
  }, { by, frames });
}

const world = await World.start();
const folder = await mkdtemp(join(tmpdir(), 'causerie-measure-'));
try {
  // Another user writes all of it, as an app without a window would.
  const chat = await Causerie.open({ url: world.server.url, user: 'noor', dir: folder, token: () => token('noor') });
  await chat.start();
  const conversation = await chat.openDirect('ada');
  const keys: string[] = [];
  for (let at = 0; at < COUNT; at++) keys.push(await conversation.send(Array.from({ length: 1 + (at * 7) % 19 + (at % 11 === 0 ? 40 : 0) }, (_, word) => WORDS[(at * 13 + word * 5) % WORDS.length]).join(' ')));
  await chat.outbox.settled(keys.at(-1)!);
  await chat.close();

  const ada = await world.person('ada', { viewport: { width: 1180, height: 900 } });
  await ada.isLive();
  await ada.page.locator('.conversation').first().click();
  await ada.page.locator('.message').first().waitFor();
  const session = await ada.page.context().newCDPSession(ada.page);
  const version = world.browser.version();

  console.log(`Chromium ${version}, ${cpus().length} × ${cpus()[0]!.model}`);
  console.log('| what | frames | p50 | p95 | p99 | slowest frame | longest task | tasks > 50 ms | elements |');
  const report = async (name: string, what: () => Promise<{ most: number; shown: number }>) => {
    let seen = { most: 0, shown: 0 };
    const { frames, tasks } = read(await traced(session, async () => { seen = await what(); }));
    const ms = (value: number) => `${value.toFixed(1)} ms`;
    console.log(`| ${name}, ${seen.shown} messages | ${frames.length} | ${ms(percentile(frames, 0.5))} | ${ms(percentile(frames, 0.95))} | ${ms(percentile(frames, 0.99))} | ${ms(Math.max(...frames))} | ${ms(Math.max(...tasks))} | ${tasks.filter((task) => task > 50).length} | ${seen.most} |`);
    return seen;
  };
  await report('scrolling up, older pages coming in', () => scroll(ada.page, -120, 600));
  // All the rest of them, without a trace.
  for (let shown = 0; shown < COUNT;) {
    shown = (await scroll(ada.page, -4_000, 40)).shown;
  }
  await report('scrolling down, 120 px a frame', () => scroll(ada.page, 120, 900));
  await report('scrolling up, 120 px a frame', () => scroll(ada.page, -120, 900));
  await report('flying, 1,500 px a frame', () => scroll(ada.page, 1_500, 300));
} finally {
  await world.end();
  await rm(folder, { recursive: true, force: true });
}

async function token(userId: string): Promise<string> {
  const response = await fetch(new URL('/dev/token', world.server.url.replace(/^ws/, 'http')), {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ user_id: userId }),
  });
  return ((await response.json()) as { token: string }).token;
}
