import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { Causerie, type Event, type State } from 'causerie';
import { soon, until, World } from './world.mjs';

const world = await World.begin();
const require = createRequire(import.meta.url);
interface Value<T> extends State<T> {
  set(value: T): void;
  end(): void;
}
const { Value } = require('../../dist/internal/state.js') as { Value: new <T>(initial: T) => Value<T> };

test('a loop gives the present value, skips what it was too slow for, and never the last', async () => {
  const state = new Value(1);
  const loop = state.values();
  assert.deepEqual(await loop.next(), { done: false, value: 1 });
  state.set(2);
  state.set(3);
  assert.deepEqual(await loop.next(), { done: false, value: 3 });
  const [fourth, fifth] = [loop.next(), loop.next()];
  state.set(4);
  state.set(5);
  assert.deepEqual([await fourth, await fifth], [{ done: false, value: 4 }, { done: false, value: 5 }]);
  const waiting = loop.next();
  assert.deepEqual(await loop.return?.(), { done: true, value: undefined });
  assert.deepEqual(await waiting, { done: true, value: undefined });
  state.set(6);
  const late = state.values();
  state.end();
  assert.deepEqual([await late.next(), await late.next()], [{ done: false, value: 6 }, { done: true, value: undefined }]);
});

test('a listener that throws harms nobody, is told of in words without its own, and one that was taken away is not called', async (t) => {
  const said = t.mock.method(console, 'error', () => {});
  const state = new Value('a');
  const told: string[] = [];
  state.subscribe(() => {
    throw new TypeError('a-secret');
  });
  const second = state.subscribe((value) => {
    told.push(value);
    third();
  });
  const third = state.subscribe(() => told.push('the third'));
  state.set('b');
  state.set('b');
  second();
  second();
  state.set('c');
  assert.deepEqual(told, ['b']);
  const lines = said.mock.calls.map(({ arguments: [line] }) => String(line));
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? '', /a listener threw TypeError\n\s+at /);
  assert.ok(!lines.join().includes('a-secret'));
});

test('a signal ends loops quietly, also one that was aborted before', async (t) => {
  const client = await world.open(t, 'alice');
  const chat = await client.openDirect('bob');
  const timeline = await chat.timeline();
  const aborted = { signal: AbortSignal.abort() };
  for await (const _ of client.conversations.values(aborted)) assert.fail('a value');
  for await (const _ of timeline.changes(aborted)) assert.fail('a change');
  for await (const _ of client.events({}, aborted)) assert.fail('an event');
  const key = await chat.send('hello');
  for await (const _ of client.outbox.state(key, aborted)) assert.fail('a state');

  const abort = new AbortController();
  const { signal } = abort;
  const loops = [
    (async () => { for await (const _ of client.conversations.values({ signal })); })(),
    (async () => { for await (const _ of timeline.changes({ signal })); })(),
    (async () => { for await (const _ of client.events({}, { signal })); })(),
    (async () => { for await (const _ of client.outbox.state(key, { signal })); })(),
  ];
  await new Promise(setImmediate);
  abort.abort();
  await soon(Promise.all(loops));
});

test('a signal ends calls with its reason, before and while they wait, and the write goes its way', async (t) => {
  const client = await world.open(t, 'carol');
  const chat = await client.openDirect('dave');
  const key = await chat.send('offline');
  const reason = new Error('enough');
  const before = { signal: AbortSignal.abort(reason) };
  for (const call of [
    () => client.syncNow(before), () => chat.members(before), () => client.users.fetch(['x'], before), () => chat.send('x', before),
    () => client.outbox.settled(key, before), () => client.openDirect('x', before), () => chat.timeline(before),
    () => client.createConversation({}, before), () => Causerie.open(world.options('nobody', before)),
  ]) await assert.rejects(call, (error) => error === reason);
  assert.equal(client.outbox.entries.current.filter(({ text }) => text === 'x').length, 0);

  const abort = new AbortController();
  const settled = client.outbox.settled(key, { signal: abort.signal });
  abort.abort();
  await assert.rejects(soon(settled), { name: 'AbortError' });
  assert.deepEqual(await client.outbox.now(key), { kind: 'queued' });

  const opening = new AbortController();
  const opened = Causerie.open(world.options('erin', { signal: opening.signal }));
  opening.abort();
  await assert.rejects(soon(opened), { name: 'AbortError' });
});

test('a write is followed until it is sent, and one that is cancelled ends the loop', async (t) => {
  const client = await world.open(t, 'frank');
  const chat = await client.openDirect('grace');
  const [kept, gone] = [await chat.send('kept'), await chat.send('gone')];
  const kinds: string[] = [];
  const following = (async () => { for await (const { kind } of client.outbox.state(kept)) kinds.push(kind); })();
  const ending = (async () => { for await (const { kind } of client.outbox.state(gone)) assert.equal(kind, 'queued'); })();
  await new Promise(setImmediate);
  await client.outbox.cancel(gone);
  await soon(ending);
  assert.equal(await client.outbox.now(gone), null);
  await until(client.outbox.entries, (entries) => !entries.some(({ key }) => key === gone));
  await client.start();
  await soon(following);
  assert.deepEqual([kinds[0], kinds.at(-1)], ['queued', 'sent']);
  assert.throws(() => client.outbox.state('no key'), { code: 'invalid' });
  await assert.rejects(client.outbox.retry(kept), { code: 'unknown_write' });
});

test('events come in order and typed, and a listener gets those it asked for', async (t) => {
  const client = await world.open(t, 'heidi');
  const events = client.events({ kinds: ['connection', 'server'] });
  const seen: Event[] = [];
  const reading = (async () => {
    for await (const event of events) {
      seen.push(event);
      if (event.kind === 'connection' && event.state.kind === 'live') break;
    }
  })();
  await client.start();
  await soon(reading);
  assert.ok(seen.every(({ kind }) => kind === 'connection' || kind === 'server'), JSON.stringify(seen));
  const kinds = seen.flatMap((event) => (event.kind === 'connection' ? [event.state.kind] : []));
  assert.deepEqual(kinds.slice(-3), ['connecting', 'authenticating', 'live']);
});

test('what a busy thread misses comes to its listeners as one', async (t) => {
  const client = await world.open(t, 'ivan');
  const chat = await client.openDirect('judy');
  const timeline = await chat.timeline();
  let calls = 0;
  timeline.state.subscribe(() => (calls += 1));
  const sent = Array.from({ length: 50 }, (_, n) => chat.send(String(n)));
  await soon(Promise.all(sent));
  const { items } = await until(timeline.state, ({ items }) => items.length === 50);
  assert.deepEqual(items.map(({ text }) => text), Array.from({ length: 50 }, (_, n) => String(n)));
  assert.ok(calls <= 50, `${calls} calls for 50 messages`);
});
