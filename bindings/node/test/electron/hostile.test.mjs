import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { closeAll, connected, hosting } from './bench.mjs';
import { clonePair, until } from './pair.mjs';

afterEach(closeAll);

/** A renderer that says what it likes. */
async function stranger(host, { greeted = true } = {}) {
  const [port, theirs] = clonePair();
  const heard = [];
  host.accept(theirs);
  port.onMessage((message) => heard.push(message));
  const say = async (message) => {
    const before = heard.length;
    port.post(message);
    await until(() => heard.length > before);
    return heard.at(-1);
  };
  if (greeted) await say({ t: 'hello', protocol: 1, renderer: 'stranger' });
  return { port, heard, say };
}

const deep = () => {
  let value = {};
  for (let depth = 0; depth < 500; depth++) value = { value };
  return value;
};
const polluting = JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}');

describe('a hostile renderer', { timeout: 20_000 }, () => {
  it('gets an envelope with a fault for everything that is no message', async () => {
    const { host, client } = hosting();
    const { say } = await stranger(host);
    const nonsense = [
      null, undefined, 0, 'hello', true, [], [[]], 1n, new Date(0), new Map([['t', 'call']]), new Error('x'),
      new Uint8Array(4), {}, { t: null }, { t: 'nothing', id: 1 }, { t: 'call' }, { t: 'call', id: '1' },
      { t: 'call', id: -1, method: 'stats', args: [] }, { t: 'call', id: 2 ** 60, method: 'stats', args: [] },
      { t: 'call', id: NaN, method: 'stats', args: [] }, { t: 'call', id: {}, method: 'stats', args: [] },
      { t: 'hello', protocol: 1, renderer: 'again' }, { t: 'toString', id: 1 },
    ];
    for (const message of nonsense) {
      const answer = await say(message);
      assert.equal(answer.t, 'result');
      assert.equal(answer.result.ok, false);
      assert.equal(answer.result.fault.action, 'fixCode');
    }
    assert.equal(client.called.length, 0);
  });

  it('can call nothing but what the API has', async () => {
    const { host, client } = hosting();
    const { say } = await stranger(host);
    const names = [
      'close', 'constructor', '__proto__', 'toString', 'hasOwnProperty', 'open', 'token', 'disk', 'act', '', 'Start',
      'conversation', 'timeline', 'x'.repeat(1_000_000), null, 7, {}, ['stats'],
    ];
    let id = 0;
    for (const method of names) {
      const { result } = await say({ t: 'call', id: ++id, method, args: [] });
      assert.equal(result.fault.code, 'unknown_method');
      assert.ok(result.fault.message.length < 200);
      const { t, fault } = await say({ t: 'watch', id: ++id, topic: method, args: [] });
      if (method !== 'timeline') assert.deepEqual([t, fault.code], ['done', 'unknown_topic']);
    }
    assert.equal(client.called.length, 0);
    assert.equal(client.closed, false);
  });

  it('cannot pass an argument that the API does not take', async () => {
    const { host, client } = hosting();
    const { say } = await stranger(host);
    const huge = 'x'.repeat(257);
    const wrong = [
      ['send', []], ['send', ['a']], ['send', [7, 'hi']], ['send', ['a', 7]], ['send', ['a', null]], ['send', [huge, 'hi']],
      ['send', ['a', 'x'.repeat(2 ** 21)]], ['send', ['a', { text: 7 }]], ['send', ['a', { attachments: {} }]],
      ['send', ['a', { attachments: [{ mediaId: 'm' }] }]], ['send', ['a', { mentions: new Array(20_000).fill('b') }]],
      ['send', ['a', { metadata: deep() }]], ['send', ['a', { metadata: polluting }]], ['send', ['a', { metadata: [] }]],
      ['send', ['a', { metadata: { at: new Date(0) } }]], ['send', ['a', { metadata: { n: NaN } }]],
      ['send', ['a', { metadata: { list: new Array(200_000).fill(1) } }]],
      ['send', ['a', 'hi', 'more']], ['send', { 0: 'a', 1: 'hi', length: 2 }], ['send', 'a'], ['send', null],
      ['edit', ['a', {}, 'x']], ['edit', ['a', 'key', 'x']], ['edit', ['a', { key: huge }, 'x']], ['edit', ['a', null, 'x']],
      ['markRead', ['a', -1]], ['markRead', ['a', 1.5]], ['markRead', ['a', '1']], ['markRead', ['a', 2 ** 53]],
      ['setTyping', ['a', 'true']], ['networkChanged', ['gone']], ['signOut', ['yes', null]], ['signOut', [true, 'both']],
      ['fetchUsers', ['bob']], ['fetchUsers', [[7]]], ['createConversation', [{ members: 'bob' }]],
      ['createConversation', [{ history: 'some' }]], ['update', ['a', { settings: 'x' }]], ['loadOlder', ['1']],
    ];
    let id = 0;
    for (const [method, args] of wrong) {
      const { result } = await say({ t: 'call', id: ++id, method, args });
      assert.deepEqual([method, result.ok, result.fault?.code], [method, false, 'invalid'], JSON.stringify(args)?.slice(0, 99));
      assert.ok(result.fault.message.length < 200);
    }
    assert.deepEqual(client.called, []);
    assert.equal({}.polluted, undefined);
  });

  it('passes on only what is known of a record', async () => {
    const { host, client } = hosting();
    const { say } = await stranger(host);
    const message = { text: 'hi', evil: () => undefined, key: 'k', toString: 'x' };
    delete message.evil;
    Object.defineProperty(message, '__proto__', { value: { kind: 'system' }, enumerable: true });
    await say({ t: 'call', id: 1, method: 'send', args: ['a', message] });
    const [[, , sent]] = client.calls('send');
    assert.deepEqual(Object.entries(sent), [['text', 'hi']]);
    assert.equal(sent.kind, undefined);
  });

  it('says hello first, in the right version, and by a name', async () => {
    const { host } = hosting();
    const { say } = await stranger(host, { greeted: false });
    assert.equal((await say({ t: 'call', id: 1, method: 'stats', args: [] })).result.fault.code, 'invalid');
    assert.equal((await say({ t: 'hello', protocol: 1 })).result.fault.code, 'invalid');
    assert.equal((await say({ t: 'hello', protocol: 1, renderer: 'x'.repeat(1000) })).result.fault.code, 'invalid');
    assert.equal((await say({ t: 'hello', protocol: 2, renderer: 'r' })).fault.code, 'other_version');
    const { t, userId } = await say({ t: 'hello', protocol: 1, renderer: 'r' });
    assert.deepEqual([t, userId], ['hello', 'alice']);
  });

  it('cannot reach another renderer’s timeline', async () => {
    const { client, host, place } = hosting();
    client.disk.say('a', 'hello');
    const chat = await connected(place);
    await chat.conversation('a').timeline();
    const { say } = await stranger(host);
    for (let watch = 0; watch < 20; watch++) {
      const { result } = await say({ t: 'call', id: watch, method: 'loadOlder', args: [watch] });
      assert.equal(result.fault.code, 'timeline_closed');
    }
    assert.equal(client.calls('loadOlder').length, 0);
  });

  it('that takes nothing is sent no more than the window, however much there is', async () => {
    const { client, host } = hosting();
    const { port, heard } = await stranger(host);
    port.post({ t: 'watch', id: 1, topic: 'connection', args: [] });
    port.post({ t: 'watch', id: 2, topic: 'events', args: [{}] });
    port.post({ t: 'watch', id: 3, topic: 'timeline', args: ['a', null, null] });
    await until(() => client.feeds.size === 2 && client.timelines.size === 1);
    const [events] = client.feeds;
    for (let n = 0; n < 5_000; n++) {
      client.connection.set({ kind: 'waiting', attempt: n, retryIn: 1, reason: '' });
      events.put({ kind: 'missed', count: n });
      client.say('a', `say ${n}`);
    }
    await until(() => heard.filter((message) => message.id === 2).length === 32);
    // One more round, so that what ought not to come would have come.
    await new Promise((resolve) => {
      port.onMessage((message) => (heard.push(message), message.id === 9 && resolve()));
      port.post({ t: 'call', id: 9, method: 'stats', args: [] });
    });
    const of = (id) => heard.filter((message) => message.id === id && message.t === 'next').length;
    assert.deepEqual([of(1), of(2), of(3)], [1, 32, 1]);
    port.post({ t: 'ack', id: 1 });
    await until(() => of(1) === 2);
    assert.equal(heard.findLast((message) => message.id === 1).value.attempt, 4_999);
  });

  it('that acknowledges what it did not get is sent no more for it', async () => {
    const { client, host } = hosting();
    const { port, heard } = await stranger(host);
    port.post({ t: 'watch', id: 1, topic: 'events', args: [{}] });
    for (let n = 0; n < 500; n++) port.post({ t: 'ack', id: 1 });
    await until(() => client.feeds.size === 1);
    for (let n = 0; n < 500; n++) [...client.feeds][0].put({ kind: 'missed', count: n });
    await new Promise((resolve) => {
      port.onMessage((message) => (heard.push(message), message.id === 9 && resolve()));
      port.post({ t: 'call', id: 9, method: 'stats', args: [] });
    });
    await until(() => heard.filter((message) => message.id === 1).length >= 32);
    assert.equal(heard.filter((message) => message.id === 1).length, 32);
  });

  it('can have so many calls and watches, and no more', async () => {
    const { client, host } = hosting();
    const { port, heard } = await stranger(host);
    client.hold('settled');
    for (let id = 1; id <= 1_100; id++) port.post({ t: 'call', id, method: 'settled', args: ['k'] });
    for (let id = 1; id <= 4_200; id++) port.post({ t: 'watch', id, topic: 'typing', args: ['a'] });
    await until(() => heard.filter((message) => message.t === 'done').length === 104);
    const busy = heard.filter((message) => message.t === 'result' && message.result.fault?.code === 'busy');
    assert.equal(busy.length, 76);
    assert.deepEqual([host.counts.calls, host.counts.watches], [1_024, 4_096]);
    port.close();
    await until(() => host.counts.renderers === 0);
    assert.equal(client.conversation('a').typing.listeners.size, 0);
  });

  it('harms no other renderer', async () => {
    const { client, host, place, errors } = hosting();
    const chat = await connected(place);
    const { port } = await stranger(host);
    for (let n = 0; n < 2_000; n++) port.post(n % 2 ? { t: 'call', id: n, method: 'send', args: [n] } : polluting);
    assert.equal((await chat.stats()).outbox, 0);
    client.connection.set({ kind: 'suspended' });
    await until(() => chat.connection.current.kind === 'suspended');
    assert.deepEqual(errors, []);
  });
});
