import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { isCauserieError } from 'causerie/electron/renderer';
import { closeAll, connected, hosting } from './bench.mjs';
import { causerieError, conversationItem } from './fake.mjs';
import { clonePair, jsonPair, until } from './pair.mjs';

afterEach(closeAll);

for (const [name, pair] of [['structured clone', clonePair], ['JSON', jsonPair]]) {
  describe(`over ${name}`, { timeout: 10_000 }, () => {
    it('the states are there when connecting resolves', async () => {
      const { client, place } = hosting(undefined, pair);
      const chat = await connected(place);
      assert.equal(chat.userId, 'alice');
      assert.deepEqual(chat.connection.current, { kind: 'live' });
      assert.deepEqual(chat.conversations.current, client.conversations.current);
      assert.deepEqual(chat.outbox.entries.current, []);
      assert.equal(chat.conversation('a').item.current, chat.conversations.current[0]);
      assert.equal(chat.conversation('x').item.current, null);
    });

    it('every method of a client and of a conversation reaches the client with its arguments', async () => {
      const { client, place } = hosting(undefined, pair);
      const chat = await connected(place);
      const there = chat.conversation('a');
      const message = {
        text: 'hi', mentions: ['bob'], metadata: { deep: [{ n: 1.5, none: null }] }, object: undefined,
        attachments: [{ mediaId: 'm', name: 'n', contentType: 'image/png', size: 3, sha256: 'ab', width: 4 }],
      };
      await chat.start();
      await chat.stop();
      await chat.suspend();
      await chat.resume();
      await chat.syncNow();
      chat.networkChanged('lost');
      assert.equal((await chat.openDirect('bob')).id, 'direct-bob');
      assert.equal((await chat.createConversation({ title: 'T', members: ['bob'] })).id, 'made');
      assert.equal(typeof (await there.send('hi')), 'string');
      assert.equal(typeof (await there.send(message)), 'string');
      await there.edit({ messageId: 'id1' }, 'new');
      await there.delete({ key: 'k' });
      await there.react({ key: 'k' }, '👍');
      await there.unreact({ key: 'k' }, '👍');
      await there.markRead();
      await there.markRead(7);
      await there.setTyping(true);
      await there.addMembers(['carol']);
      await there.removeMembers(['carol']);
      await there.setRole(['bob'], 'admin');
      await there.update({ title: 'U', settings: { a: 1 } });
      await there.setDraft('draft');
      assert.equal(await there.draft(), 'draft');
      await there.quit();
      assert.deepEqual(await there.members({ cursor: 'c' }), {
        members: [{ userId: 'bob', role: 'member', joinedAt: 1 }], cursor: null,
      });
      assert.deepEqual(await there.loadReadCursors(), [{ userId: 'bob', seq: 1, deliveredSeq: 1 }]);
      assert.deepEqual(await chat.outbox.now('k'), { kind: 'queued' });
      assert.deepEqual(await chat.outbox.settled('k'), { kind: 'sent', seq: 1 });
      await chat.outbox.retry('k');
      await chat.outbox.cancel('k');
      assert.equal((await chat.users.get('bob')).name, 'Bob');
      assert.equal(await chat.users.get('eve'), null);
      assert.equal((await chat.users.all()).length, 1);
      assert.equal((await chat.users.fetch(['x', 'y'])).length, 2);
      assert.equal((await chat.stats()).outbox, 0);
      await chat.signOut({ wipe: true, unsent: 'discard' });
      const { object, ...wanted } = message;
      assert.deepEqual(client.called, [
        ['start'], ['stop'], ['suspend'], ['resume'], ['syncNow'], ['networkChanged', 'lost'],
        ['openDirect', 'bob'], ['createConversation', { title: 'T', members: ['bob'] }],
        ['send', 'a', 'hi'], ['send', 'a', wanted], ['edit', 'a', { messageId: 'id1' }, 'new'],
        ['delete', 'a', { key: 'k' }], ['react', 'a', { key: 'k' }, '👍'], ['unreact', 'a', { key: 'k' }, '👍'],
        ['markRead', 'a', undefined], ['markRead', 'a', 7], ['setTyping', 'a', true],
        ['addMembers', 'a', ['carol']], ['removeMembers', 'a', ['carol']], ['setRole', 'a', ['bob'], 'admin'],
        ['update', 'a', { title: 'U', settings: { a: 1 } }], ['quit', 'a'], ['members', 'a', 'c'],
        ['now', 'k'], ['settled', 'k'], ['retry', 'k'], ['cancel', 'k'], ['fetch', ['x', 'y']], ['stats'],
        ['signOut', { wipe: true, unsent: 'discard' }],
      ]);
    });

    it('an error arrives with its code, its action and its time', async () => {
      const { client, place } = hosting(undefined, pair);
      client.failing = { syncNow: causerieError('offline', 'retryLater', 250) };
      const chat = await connected(place);
      const error = await chat.syncNow().catch((thrown) => thrown);
      assert.ok(isCauserieError(error) && error instanceof Error);
      assert.deepEqual(
        [error.name, error.code, error.action, error.retryable, error.retryAfter, error.message],
        ['CauserieError', 'offline', 'retryLater', true, 250, 'it is offline'],
      );
    });

    it('what is thrown by accident stays in the host', async () => {
      const { client, place, errors } = hosting(undefined, pair);
      client.failing = { syncNow: new Error('/home/alice/secret token=abc') };
      const chat = await connected(place);
      const error = await chat.syncNow().catch((thrown) => thrown);
      assert.equal(error.code, 'internal');
      assert.ok(!`${error.message}${error.stack}`.includes('secret'));
      assert.equal(errors.length, 1);
    });

    it('a state follows the host, and what did not change keeps its identity', async () => {
      const { client, place } = hosting(undefined, pair);
      const chat = await connected(place);
      const [a, b] = chat.conversations.current;
      const [, clientB] = client.conversations.current;
      client.conversations.set([clientB, conversationItem('a', { unread: 3 }), conversationItem('c')]);
      await until(() => chat.conversations.current.length === 3);
      const [first, second, third] = chat.conversations.current;
      assert.equal(first, b);
      assert.notEqual(second, a);
      assert.equal(second.unread, 3);
      assert.equal(third.conversationId, 'c');
      assert.deepEqual(chat.conversations.current, client.conversations.current);
    });

    it('a timeline goes by its changes', async () => {
      const { client, place } = hosting(undefined, pair);
      for (let n = 1; n <= 70; n++) client.disk.say('a', `say ${n}`);
      const chat = await connected(place);
      const timeline = await chat.conversation('a').timeline();
      assert.equal(timeline.state.current.items.length, 50);
      assert.equal(timeline.state.current.hasOlder, true);
      const [oldest] = timeline.state.current.items;
      await timeline.loadOlder();
      await until(() => timeline.state.current.items.length === 70);
      assert.equal(timeline.state.current.items[20], oldest);
      client.say('a', 'new');
      await until(() => timeline.state.current.items.at(-1).text === 'new');
      assert.deepEqual(timeline.state.current.items, client.disk.of('a'));
      assert.deepEqual(await timeline.now(), timeline.state.current);
      await timeline.close();
      await until(() => client.timelines.size === 0);
    });

    it('events come as they happen, and end with their loop', async () => {
      const { client, place } = hosting(undefined, pair);
      const chat = await connected(place);
      const seen = [];
      const loop = (async () => {
        for await (const event of chat.events({ kinds: ['typing'] })) {
          seen.push(event);
          if (seen.length === 40) break;
        }
      })();
      await until(() => client.feeds.size === 1);
      const [feed] = client.feeds;
      for (let n = 0; n < 40; n++) feed.put({ kind: 'typing', conversationId: 'a', userIds: [`u${n}`] });
      await loop;
      assert.deepEqual(seen.map((event) => event.userIds[0]), Array.from({ length: 40 }, (_, n) => `u${n}`));
      await until(() => client.feeds.size === 0);
    });
  });
}

describe('a call', { timeout: 10_000 }, () => {
  it('that is aborted already is not made', async () => {
    const { client, place } = hosting();
    const chat = await connected(place);
    await assert.rejects(chat.conversation('a').send('hi', { signal: AbortSignal.abort() }), { name: 'AbortError' });
    await chat.stats();
    assert.equal(client.calls('send').length, 0);
  });

  it('that is aborted rejects with the reason, and the host stops waiting', async () => {
    const { client, host, place } = hosting();
    const chat = await connected(place);
    client.hold('settled');
    const ending = new AbortController();
    const call = chat.outbox.settled('k', { signal: ending.signal });
    await until(() => host.counts.calls === 1);
    const reason = new Error('enough');
    ending.abort(reason);
    await assert.rejects(call, reason);
    await until(() => host.counts.calls === 0);
    assert.equal(chat.counts.calls, 0);
  });

  it('fails with closed after this side was closed, and the host’s client stays open', async () => {
    const { client, place, host } = hosting();
    const chat = await connected(place);
    await chat.close();
    await assert.rejects(chat.stats(), { code: 'closed' });
    assert.deepEqual(chat.connection.current, { kind: 'closed', reason: 'the client is closed' });
    await until(() => host.counts.renderers === 0);
    assert.equal(client.closed, false);
  });
});

describe('a state', { timeout: 10_000 }, () => {
  it('of a renderer that is slow waits as one value, whatever it went through', async () => {
    const { client, place } = hosting();
    const chat = await connected(place);
    const { ours } = place.links[0];
    const posted = [];
    const { post } = ours;
    ours.post = (message) => (posted.push(message), post(message));
    for (let n = 1; n <= 1_000; n++) client.connection.set({ kind: 'waiting', attempt: n, retryIn: 1, reason: 'r' });
    await until(() => chat.connection.current.attempt === 1_000);
    assert.ok(posted.length <= 2, `${posted.length} values were sent`);
  });

  it('is fed while somebody listens, and no longer', async () => {
    const { client, host, place } = hosting();
    const chat = await connected(place);
    const idle = host.counts.watches;
    const { typing } = chat.conversation('a');
    const seen = [];
    const unsubscribe = typing.subscribe((users) => seen.push(users));
    await until(() => host.counts.watches === idle + 1);
    client.conversation('a').typing.set(['bob']);
    await until(() => seen.length === 1);
    assert.deepEqual(typing.current, ['bob']);
    unsubscribe();
    await until(() => host.counts.watches === idle);
    assert.equal(client.conversation('a').typing.listeners.size, 0);
  });

  it('is a loop that ends with its signal, and with the client', async () => {
    const { place } = hosting();
    const chat = await connected(place);
    const ending = new AbortController();
    const byClient = (async () => {
      const seen = [];
      for await (const state of chat.connection) seen.push(state.kind);
      return seen;
    })();
    for await (const state of chat.connection.values({ signal: ending.signal })) {
      assert.equal(state.kind, 'live');
      ending.abort();
    }
    await chat.close();
    assert.equal((await byClient)[0], 'live');
  });

  it('harms nobody when a listener throws', async (t) => {
    t.mock.method(console, 'error', () => {});
    const { client, place } = hosting();
    const chat = await connected(place);
    const seen = [];
    chat.connection.subscribe(() => {
      throw new Error('a listener’s own');
    });
    chat.connection.subscribe((state) => seen.push(state.kind));
    client.connection.set({ kind: 'suspended' });
    await until(() => seen.length === 1);
    assert.equal(console.error.mock.callCount(), 1);
  });
});

describe('a timeline', { timeout: 10_000 }, () => {
  it('of a renderer that is slow gets what came meanwhile, in order, or begins anew', async () => {
    const { client, place } = hosting();
    const chat = await connected(place);
    const timeline = await chat.conversation('a').timeline();
    for (let n = 1; n <= 100; n++) client.say('a', `say ${n}`);
    // The core does so itself when its reader fell some hundred changes behind.
    [...client.timelines][0].overrun();
    await until(() => timeline.state.current.items.length === 100);
    assert.deepEqual(timeline.state.current.items, client.disk.of('a'));
  });

  it('has loops of changes that begin with all of it', async () => {
    const { client, place } = hosting();
    client.say('a', 'one');
    const chat = await connected(place);
    const timeline = await chat.conversation('a').timeline();
    const seen = [];
    const loop = (async () => {
      for await (const { changes } of timeline.changes()) seen.push(...changes.map((change) => change.kind));
    })();
    await until(() => seen.length === 1);
    client.say('a', 'two');
    await until(() => seen.length === 2);
    assert.deepEqual(seen, ['reset', 'insert']);
    await timeline.close();
    await loop;
    await assert.rejects(timeline.loadOlder(), { code: 'timeline_closed' });
  });

  it('has it known who types, as long as it is open', async () => {
    const { client, host, place } = hosting();
    const chat = await connected(place);
    const idle = host.counts.watches;
    const timeline = await chat.conversation('a').timeline();
    client.conversation('a').typing.set(['bob']);
    await until(() => chat.conversation('a').typing.current.length === 1);
    assert.equal(chat.conversation('a').readCursors.current.length, 1);
    await timeline.close();
    await until(() => host.counts.watches === idle);
  });

  it('that cannot be opened says why', async () => {
    const { client, host, place } = hosting();
    const chat = await connected(place);
    client.failing = { timeline: causerieError('unknown_conversation') };
    const idle = host.counts.watches;
    await assert.rejects(chat.conversation('a').timeline(), { code: 'unknown_conversation' });
    await assert.rejects(chat.conversation('malformed').timeline(), { code: 'invalid' });
    assert.equal(host.counts.watches, idle);
    assert.equal(chat.counts.timelines, 0);
  });

  it('whose opening is aborted leaves none open', async () => {
    const { client, host, place } = hosting();
    const chat = await connected(place);
    const idle = host.counts.watches;
    const release = client.hold('timeline');
    const ending = new AbortController();
    const opening = chat.conversation('a').timeline({ signal: ending.signal });
    await until(() => host.counts.watches === idle + 1);
    ending.abort();
    await assert.rejects(opening, { name: 'AbortError' });
    release();
    await until(() => host.counts.watches === idle);
    await until(() => client.calls('timeline').length === 1 && client.timelines.size === 0);
  });
});
