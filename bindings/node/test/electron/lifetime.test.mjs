import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { connectCauserie } from 'causerie/electron/renderer';
import { hostCauserie } from 'causerie/electron/host';
import { closeAll, connected, hostOf, hosting } from './bench.mjs';
import { FakeClient, causerieError, conversationItem } from './fake.mjs';
import { Place, jsonPair, until } from './pair.mjs';

afterEach(closeAll);

const NOTHING = { renderers: 0, calls: 0, watches: 0, typing: 0 };

/** Who listens to a fake client's states. */
const listeners = (client) =>
  [client.connection, client.conversations, client.outbox.entries, client.bob, ...(client.typingStates?.values() ?? [])]
    .reduce((sum, state) => sum + (state?.listeners.size ?? 0), 0);

describe('a renderer that is reloaded', { timeout: 10_000 }, () => {
  it('leaves nothing behind', async () => {
    const { client, host, place } = hosting();
    for (let n = 0; n < 60; n++) client.disk.say('a', `say ${n}`);
    for (let load = 0; load < 25; load++) {
      const chat = await connected(place);
      const there = chat.conversation('a');
      await there.timeline();
      await there.timeline({ at: 3, page: 10 });
      there.typing.subscribe(() => {});
      chat.users.watch('bob').subscribe(() => {});
      chat.events().next();
      chat.outbox.state('k').next();
      await there.setTyping(true);
      client.hold('settled');
      chat.outbox.settled('k').catch(() => {});
      await until(() => client.feeds.size === 4 && host.counts.calls === 1);
      // The page is gone, and says nothing.
      place.links.pop().theirs.close();
      await until(() => host.counts.renderers === 0);
      await until(() => client.timelines.size === 0 && client.feeds.size === 0);
      assert.deepEqual(host.counts, NOTHING);
      assert.equal(listeners(client), 0);
      assert.equal(client.typists.get('a'), false);
      await chat.close();
    }
  });

  it('finds what it wrote', async () => {
    const { place } = hosting();
    const first = await connected(place);
    const key = await first.conversation('a').send('hi');
    place.links.pop().theirs.close();
    const second = await connected(place);
    assert.equal(second.outbox.entries.current[0].key, key);
  });
});

describe('two windows', { timeout: 10_000 }, () => {
  it('see each other’s writes, and one that closes takes nothing from the other', async () => {
    const { client, host, place } = hosting();
    const [one, two] = [await connected(place), await connected(place)];
    const timeline = await two.conversation('a').timeline();
    await one.conversation('a').timeline();
    const key = await one.conversation('a').send('hi');
    await until(() => two.outbox.entries.current[0]?.key === key);
    await one.conversation('a').setTyping(true);
    await two.conversation('a').setTyping(true);
    await one.close();
    await until(() => host.counts.renderers === 1);
    assert.equal(client.typists.get('a'), true, 'the other window still types');
    client.say('a', 'still there');
    await until(() => timeline.state.current.items.at(-1)?.text === 'still there');
    await two.close();
    await until(() => client.typists.get('a') === false);
    assert.deepEqual(host.counts, NOTHING);
  });
});

describe('a host that is replaced', { timeout: 10_000 }, () => {
  it('is found again, and the states go on without a gap', async () => {
    const { client, place } = hosting();
    const chat = await connected(place);
    const seen = [];
    chat.conversations.subscribe((list) => seen.push(list.map((item) => item.conversationId).join()));
    const before = chat.conversations.current;
    place.kill();
    await until(() => chat.link.current.kind === 'lost');
    assert.equal(chat.connection.current.kind, 'waiting');
    assert.equal(chat.conversations.current, before);
    const next = new FakeClient(client.disk);
    next.conversations.set([conversationItem('c'), ...next.conversations.current]);
    place.host = hostOf(next).host;
    await until(() => chat.link.current.kind === 'connected');
    await until(() => chat.conversations.current.length === 3);
    assert.deepEqual(seen, ['c,a,b']);
    assert.equal(chat.conversations.current[1], before[0]);
    assert.equal(chat.connection.current.kind, 'live');
  });

  it('with the same to show changes nothing at all', async () => {
    const { client, place } = hosting();
    client.disk.say('a', 'hello');
    const chat = await connected(place);
    const timeline = await chat.conversation('a').timeline();
    const { current } = chat.connection;
    let changes = 0;
    chat.conversations.subscribe(() => changes++);
    timeline.state.subscribe(() => changes++);
    const next = new FakeClient(client.disk);
    place.kill();
    place.host = hostOf(next).host;
    await until(() => chat.link.current.kind === 'connected' && next.timelines.size === 1);
    await chat.stats();
    assert.equal(chat.connection.current, current);
    next.say('a', 'news');
    await until(() => timeline.state.current.items.length === 2);
    assert.equal(changes, 1);
  });

  it('has a timeline keep what was shown, until it is all there again', async () => {
    const { client, place } = hosting();
    for (let n = 1; n <= 230; n++) client.disk.say('a', `say ${n}`);
    const chat = await connected(place);
    const timeline = await chat.conversation('a').timeline({ page: 50 });
    for (let shown = 100; shown <= 200; shown += 50) {
      await timeline.loadOlder();
      await until(() => timeline.state.current.items.length === shown);
    }
    const before = timeline.state.current.items;
    const lengths = [];
    timeline.state.subscribe(({ items }) => lengths.push(items.length));
    place.kill();
    client.disk.say('a', 'while it was gone');
    const next = new FakeClient(client.disk);
    place.host = hostOf(next).host;
    await until(() => next.calls('loadOlder').length === 4 || timeline.state.current.items.length > 201);
    await until(() => timeline.state.current.items.length >= 201 && [...next.timelines][0].begin <= 30);
    await chat.stats();
    const { items } = timeline.state.current;
    assert.ok(lengths.every((length) => length >= 200), `it shrank: ${lengths}`);
    const place200 = items.indexOf(before[0]);
    assert.deepEqual(items.slice(place200, place200 + 200), before);
    assert.ok(before.every((item, n) => items[place200 + n] === item), 'what did not change is the same object');
    assert.equal(items.at(-1).text, 'while it was gone');
    next.say('a', 'after');
    await until(() => timeline.state.current.items.at(-1).text === 'after');
    assert.deepEqual(timeline.state.current.items, client.disk.of('a').slice(-timeline.state.current.items.length));
  });

  it('has a timeline in the middle keep both sides', async () => {
    const { client, place } = hosting();
    for (let n = 1; n <= 200; n++) client.disk.say('a', `say ${n}`);
    const chat = await connected(place);
    const timeline = await chat.conversation('a').timeline({ at: 100, page: 20 });
    await timeline.loadOlder();
    await timeline.loadNewer();
    await until(() => timeline.state.current.items.length === 60);
    const before = timeline.state.current.items;
    const lengths = [];
    timeline.state.subscribe(({ items }) => lengths.push(items.length));
    const next = new FakeClient(client.disk);
    place.kill();
    place.host = hostOf(next).host;
    await until(() => next.calls('loadOlder').length > 0 && next.calls('loadNewer').length > 0);
    await chat.stats();
    const { items, hasOlder, hasNewer } = timeline.state.current;
    assert.ok(lengths.every((length) => length >= 60), `it shrank: ${lengths}`);
    assert.ok(before.every((item) => items.includes(item)));
    assert.ok(hasOlder && hasNewer);
  });

  it('has a timeline that came to the newest message go on from there', async () => {
    const { client, place } = hosting();
    for (let n = 1; n <= 60; n++) client.disk.say('a', `say ${n}`);
    const chat = await connected(place);
    const timeline = await chat.conversation('a').timeline({ at: 30, page: 20 });
    await timeline.loadNewer();
    await until(() => !timeline.state.current.hasNewer);
    const next = new FakeClient(client.disk);
    place.kill();
    place.host = hostOf(next).host;
    await until(() => next.calls('timeline').length === 1);
    assert.deepEqual(next.calls('timeline')[0].slice(2), [undefined, 20]);
  });

  it('never has a write done twice: what it did not answer is interrupted', async () => {
    const { client, place } = hosting();
    const chat = await connected(place);
    client.hold('send');
    const send = chat.conversation('a').send('once');
    await until(() => client.calls('send').length === 1);
    const next = new FakeClient(client.disk);
    place.kill();
    place.host = hostOf(next).host;
    await assert.rejects(send, { name: 'CauserieError', code: 'interrupted', action: 'askUser', retryable: false });
    assert.equal(next.calls('send').length, 0);
    assert.equal(chat.outbox.entries.current.filter((entry) => entry.text === 'once').length, 1);
  });

  it('is asked again for what is as good twice', async () => {
    const { client, place } = hosting();
    const chat = await connected(place);
    client.hold('settled');
    const settled = chat.outbox.settled('k');
    await until(() => client.calls('settled').length === 1);
    const next = new FakeClient(client.disk);
    place.kill();
    place.host = hostOf(next).host;
    assert.deepEqual(await settled, { kind: 'sent', seq: 1 });
  });

  it('has a loop of events know that some were missed, and one of a write go on', async () => {
    const { client, place } = hosting();
    const chat = await connected(place);
    const events = chat.events();
    const states = chat.outbox.state('k');
    const first = events.next();
    assert.deepEqual((await states.next()).value, { kind: 'queued' });
    const sent = states.next();
    await until(() => client.feeds.size === 2);
    const next = new FakeClient(client.disk);
    place.kill();
    place.host = hostOf(next).host;
    assert.deepEqual((await first).value, { kind: 'missed', count: 0 });
    await until(() => next.feeds.size === 2);
    [...next.feeds].find((feed) => feed.name === 'k').put({ kind: 'sent', seq: 1 });
    assert.deepEqual((await sent).value, { kind: 'sent', seq: 1 }, 'queued is known already');
    [...next.feeds].find((feed) => feed.name === 'events').put({ kind: 'recovered', message: '', lost: 0 });
    assert.equal((await events.next()).value.kind, 'recovered');
    await events.return();
    await states.return();
  });

  it('gets what was asked for while there was none', async () => {
    const { client, place } = hosting();
    const chat = await connected(place);
    place.kill();
    await until(() => chat.link.current.kind === 'lost');
    const send = chat.conversation('a').send('in between');
    const next = new FakeClient(client.disk);
    place.host = hostOf(next).host;
    await send;
    assert.deepEqual(next.calls('send'), [['send', 'a', 'in between']]);
  });

  it('that does not come makes calls fail to be repeated later', async (t) => {
    const { place } = hosting();
    const chat = await connected(place);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    place.kill();
    await until(() => chat.link.current.kind === 'lost');
    const send = chat.conversation('a').send('nobody');
    t.mock.timers.tick(10_000);
    await assert.rejects(send, { code: 'no_host', action: 'retryLater' });
    await assert.rejects(chat.stats(), { code: 'no_host', action: 'retryLater' });
  });

  it('of another user ends the client', async () => {
    const { place } = hosting();
    const chat = await connected(place);
    const next = new FakeClient();
    next.userId = 'mallory';
    place.kill();
    place.host = hostOf(next).host;
    await until(() => chat.link.current.kind === 'closed');
    assert.equal(chat.connection.current.kind, 'closed');
    assert.equal(chat.userId, 'alice');
  });
});

describe('a connection that breaks while the host lives on', { timeout: 10_000 }, () => {
  it('has a write done once, and its answer given', async () => {
    const { client, place } = hosting(undefined, jsonPair);
    const chat = await connected(place);
    const release = client.hold('send');
    const send = chat.conversation('a').send('once');
    await until(() => client.calls('send').length === 1);
    place.links.pop().ours.cut();
    await until(() => chat.link.current.kind === 'lost');
    await until(() => chat.link.current.kind === 'connected');
    release();
    const key = await send;
    assert.equal(client.calls('send').length, 1);
    assert.equal(client.disk.outbox[0].key, key);
  });

  it('has an answer that was under way given again', async () => {
    const { client, place } = hosting(undefined, jsonPair);
    const chat = await connected(place);
    const { ours } = place.links[0];
    const { post } = ours;
    // The answer is lost with the connection.
    ours.post = (message) => (message.t === 'result' ? ours.cut() : post(message));
    const key = await chat.conversation('a').send('once');
    assert.equal(client.calls('send').length, 1);
    assert.equal(client.disk.outbox[0].key, key);
  });
});

describe('a host', { timeout: 10_000 }, () => {
  it('that is closed tells its renderers, closes its client, and is not looked for again', async () => {
    const { client, host, place } = hosting();
    const chat = await connected(place);
    const waiting = chat.events().next();
    await host.close();
    await until(() => chat.link.current.kind === 'closed');
    assert.equal(client.closed, true);
    assert.deepEqual(await waiting, { done: true, value: undefined });
    await assert.rejects(chat.stats(), { code: 'closed' });
    assert.equal(place.links.length, 1);
  });

  it('whose client cannot be opened says why, and tries again with the next renderer', async () => {
    let broken = true;
    const client = new FakeClient();
    const host = hostCauserie({
      open: async () => {
        if (broken) throw causerieError('in_use', 'retryLater', 100);
        return client;
      },
    });
    const place = new Place(host);
    await assert.rejects(connectCauserie(place.connect), { code: 'in_use', action: 'retryLater', retryAfter: 100 });
    broken = false;
    const chat = await connected(place);
    assert.equal(chat.userId, 'alice');
    await host.close();
  });

  it('is waited for, until that is aborted', async () => {
    const place = new Place(null);
    const ending = new AbortController();
    const connecting = connectCauserie(place.connect, { signal: ending.signal });
    ending.abort();
    await assert.rejects(connecting, { name: 'AbortError' });
    const client = new FakeClient();
    const waiting = connected(place);
    place.host = hostOf(client).host;
    assert.equal((await waiting).userId, 'alice');
  });
});
