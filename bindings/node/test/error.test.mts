import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { Causerie, isCauserieError, type CauserieError, type Conversation, type NewMessage } from 'causerie';
import { soon, World } from './world.mjs';

const world = await World.begin();
const require = createRequire(import.meta.url);

async function failed(work: () => unknown): Promise<CauserieError> {
  try {
    await work();
  } catch (error) {
    assert.ok(isCauserieError(error), String(error));
    assert.ok(error instanceof Error);
    return error;
  }
  assert.fail('it did not fail');
}

test('an error has a code, what to do, and what to wait for', async (t) => {
  const client = await world.open(t, 'alice');
  const none = await failed(() => client.conversation('no id'));
  assert.deepEqual([none.name, none.code, none.action, none.retryable, none.retryAfter], ['CauserieError', 'invalid', 'fixCode', false, null]);
  const chat = await client.openDirect('bob');
  const offline = await failed(() => chat.members());
  assert.deepEqual([offline.code, offline.action, offline.retryable], ['offline', 'retryLater', true]);
  const other = await failed(() => Causerie.open(world.options('carol', { dir: world.options('alice').dir })));
  assert.deepEqual([other.code, other.action], ['other_user', 'signIn']);
  const unsent = await failed(async () => {
    await chat.send('not to be lost');
    await client.signOut({ wipe: true });
  });
  assert.deepEqual([unsent.code, unsent.action], ['unsent', 'askUser']);
  assert.match(unsent.stack ?? '', /error\.test/);
});

test('what a wrong type is given for is the error of the call, whatever JavaScript gives', async (t) => {
  const client = await world.open(t, 'dave');
  const chat = await client.openDirect('erin');
  const wrong = chat as unknown as Record<keyof Conversation, (...args: unknown[]) => unknown>;
  const cycle: Record<string, unknown> = {};
  cycle['itself'] = cycle;
  for (const [call, args] of [
    ['send', []], ['send', [7]], ['send', [null]], ['send', [{ text: 1 }]], ['send', [{ metadata: cycle }]],
    ['send', [{ mentions: 'bob' }]], ['send', [{ object: [] }]], ['edit', ['x', 'y']], ['edit', [{}, 'y']],
    ['markRead', [1.5]], ['markRead', ['3']], ['markRead', [-1]], ['timeline', [{ page: 0.5 }]], ['timeline', [{ page: 201 }]],
    ['addMembers', ['bob']], ['addMembers', [['']]], ['setTyping', ['yes']], ['setDraft', [3]],
  ] as const) {
    const { code } = await failed(() => wrong[call](...args));
    assert.equal(code, 'invalid', `${call}(${String(args[0])})`);
  }
  assert.equal((await failed(() => client.events({ conversationId: 'x' }))).code, 'invalid');
  assert.equal((await failed(() => client.events({ kinds: ['missed' as never] }))).code, 'invalid');
  assert.equal((await failed(() => client.networkChanged('gone' as never))).code, 'invalid');
  assert.equal((await failed(() => Causerie.open(null as never))).code, 'invalid');
  assert.equal((await failed(() => Causerie.open({ ...world.options('x'), token: 'abc' as never }))).code, 'invalid');
  assert.equal((await failed(() => chat.send({ text: 'a', object: {} } as NewMessage))).code, 'invalid');
  assert.equal((await failed(() => chat.send('x'.repeat(20_000)))).code, 'too_large');
});

test('an error is told by its brand, also one of another copy of the package', async () => {
  const copy = require.resolve('causerie');
  const errors = copy.replace(/index\.js$/, 'error.js');
  delete require.cache[errors];
  const other = require(errors) as { failure(fault: object): unknown };
  const theirs = other.failure({ code: 'x', action: 'askUser', message: 'm', retryable: false, retryAfter: 5 });
  assert.ok(isCauserieError(theirs));
  for (const none of [null, undefined, 'text', {}, new Error('x'), Object.assign(new Error('x'), { code: 'invalid' })]) {
    assert.equal(isCauserieError(none), false);
  }
});

test('a panic is an error of the call, and the next call works', async () => {
  const { addon } = require('../../dist/internal/load.js') as { addon(): Record<string, (...args: unknown[]) => unknown> };
  const { translate } = require('../../dist/internal/core.js') as { translate(error: unknown): unknown };
  const native = addon();
  const panicked = (error: unknown): boolean => {
    const fault = translate(error) as CauserieError;
    assert.deepEqual([fault.code, fault.action], ['panicked', 'fixCode']);
    assert.match(fault.message, /on purpose/);
    return true;
  };
  assert.throws(() => native['trialPanic']?.(), panicked);
  await assert.rejects(soon(native['trialPanicLater']?.() as Promise<void>), panicked);
  assert.equal(native['trialCall']?.(), Number.MAX_SAFE_INTEGER);
  assert.equal(await native['trialFuture']?.(), Number.MAX_SAFE_INTEGER);
});

test('after the end calls fail with closed, loops end, and states keep their last value', async (t) => {
  const client = await world.open(t, 'frank');
  const chat = await client.openDirect('grace');
  await chat.send('the last word');
  const timeline = await chat.timeline();
  const last = timeline.state.current;
  const looping = [
    (async () => { for await (const _ of client.conversations); })(),
    (async () => { for await (const _ of timeline.state); })(),
    (async () => { for await (const _ of timeline.changes()); })(),
    (async () => { for await (const _ of client.events()); })(),
    (async () => { for await (const _ of chat.typing); })(),
    (async () => { for await (const _ of chat.readCursors); })(),
    (async () => { for await (const _ of chat.item); })(),
    (async () => { for await (const _ of client.users.watch('grace')); })(),
  ];
  await new Promise(setImmediate);
  await client.close();
  await soon(Promise.all(looping));
  await client.close();
  assert.equal(client.connection.current.kind, 'closed');
  assert.equal(timeline.state.current, last);
  assert.equal(last.items[0]?.text, 'the last word');
  assert.equal(client.conversations.current.length, 1);
  for (const call of [
    () => client.start(), () => chat.send('x'), () => timeline.loadOlder(), () => chat.timeline(), () => client.conversation(chat.id),
    () => client.outbox.now('x'), () => client.users.all(), () => client.events(), () => timeline.changes(), () => timeline.now(),
  ]) assert.equal((await failed(call)).code, 'closed');
  client.networkChanged('lost');
  for await (const value of client.conversations) assert.equal(value.length, 1);
  client.conversations.subscribe(() => assert.fail('it changed'))();
});

test('a timeline that is closed says so, and its client goes on', async (t) => {
  const client = await world.open(t, 'heidi');
  const chat = await client.openDirect('ivan');
  const timeline = await chat.timeline();
  await timeline[Symbol.asyncDispose]();
  await timeline.close();
  assert.equal((await failed(() => timeline.loadOlder())).code, 'timeline_closed');
  assert.equal((await failed(() => timeline.state)).code, 'timeline_closed');
  await chat.send('it goes on');
});

test('a sign-out wipes, and closes other handles to the same folder', async (t) => {
  const one = await world.open(t, 'judy');
  const two = await world.open(t, 'judy');
  await (await one.openDirect('kim')).send('gone');
  const ended = (async () => { for await (const _ of two.connection); })();
  await one.signOut({ wipe: true, unsent: 'discard' });
  await soon(ended);
  assert.equal(two.connection.current.kind, 'closed');
  const again = await world.open(t, 'judy');
  assert.deepEqual([again.conversations.current, again.outbox.entries.current], [[], []]);
});
