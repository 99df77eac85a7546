import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { act, createElement, draw, drawn, useEffect } from './page.mjs';
import {
  CauserieProvider,
  useConnection,
  useConversation,
  useConversations,
  useOutbox,
  useReadCursors,
  useTimeline,
  useTyping,
  useUser,
} from 'causerie/react';
import { closeAll, connected, hosting } from '../electron/bench.mjs';
import { causerieError, conversationItem } from '../electron/fake.mjs';

afterEach(closeAll);

/** A component that keeps what a hook gave at each drawing. */
function watching(hook) {
  const seen = [];
  const Shown = (props) => {
    seen.push(hook(props));
    return null;
  };
  return { seen, Shown, last: () => seen.at(-1) };
}

async function setup() {
  const { client, host, place } = hosting();
  const chat = await connected(place);
  const idle = host.counts.watches;
  const of = (Shown, props) => createElement(CauserieProvider, { client: chat }, createElement(Shown, props));
  return { client, host, chat, idle, of };
}

for (const strict of [false, true]) {
  describe(strict ? 'in strict mode' : 'outside of strict mode', { timeout: 20_000 }, () => {
    it('the states are drawn, and drawn anew when they change', async () => {
      const { chat, client, of } = await setup();
      const { Shown, last, seen } = watching(() => [useConnection(), useConversations(), useOutbox()]);
      const { unmount } = await draw(of(Shown), { strict });
      assert.equal(last()[0].kind, 'live');
      assert.deepEqual(last()[1].map((item) => item.conversationId), ['a', 'b']);
      const { retry, cancel } = last()[2];
      const [first] = last()[1];
      await act(async () => {
        client.conversations.set([...client.conversations.current, conversationItem('c')]);
      });
      await drawn(() => last()[1].length === 3);
      assert.equal(last()[1][0], first);
      const count = seen.length;
      await act(async () => client.conversations.set([...client.conversations.current]));
      assert.equal(seen.length, count, 'what says the same is not drawn anew');
      await act(() => chat.conversation('a').send('hi'));
      await drawn(() => last()[2].entries.length === 1);
      assert.deepEqual([last()[2].retry, last()[2].cancel], [retry, cancel]);
      await last()[2].retry('k');
      await last()[2].cancel('k');
      assert.deepEqual(client.called.slice(-2), [['retry', 'k'], ['cancel', 'k']]);
      await unmount();
    });

    it('a timeline opens once, and is closed with its component', async () => {
      const { client, host, idle, of } = await setup();
      for (let n = 1; n <= 80; n++) client.disk.say('a', `say ${n}`);
      const { Shown, last, seen } = watching(() => useTimeline('a'));
      const { unmount } = await draw(of(Shown), { strict });
      assert.deepEqual([seen[0].ready, seen[0].items.length], [false, 0]);
      await drawn(() => last().ready);
      assert.equal(last().items.length, 50);
      await drawn(() => client.timelines.size === 1);
      const { loadOlder, loadNewer } = last();
      const loads = await Promise.all([act(() => Promise.all([loadOlder(), loadOlder()]))]);
      assert.equal(loads.length, 1);
      await drawn(() => last().items.length === 80);
      assert.equal(client.calls('loadOlder').length, 1, 'two at once are one');
      client.say('a', 'new');
      await drawn(() => last().items.at(-1).text === 'new');
      assert.ok(seen.every((view) => view.loadOlder === loadOlder && view.loadNewer === loadNewer));
      await unmount();
      await drawn(() => client.timelines.size === 0 && host.counts.watches === idle);
    });

    it('a timeline of another conversation never shows the one before', async () => {
      const { client, of } = await setup();
      client.disk.say('a', 'in a');
      client.disk.say('b', 'in b');
      const { Shown, last, seen } = watching(({ id }) => ({ id, ...useTimeline(id) }));
      const { again, unmount } = await draw(of(Shown, { id: 'a' }), { strict });
      await drawn(() => last().ready);
      await again(of(Shown, { id: 'b' }));
      await drawn(() => last().ready && last().id === 'b');
      for (const { id, items } of seen) assert.ok(items.every((item) => item.conversationId === id));
      await again(of(Shown, { id: null }));
      assert.deepEqual([last().ready, last().items.length], [false, 0]);
      await drawn(() => client.timelines.size === 0);
      await last().loadOlder();
      await unmount();
    });

    it('a timeline that goes before it opened leaves none open', async () => {
      const { client, host, idle, of } = await setup();
      const release = client.hold('timeline');
      const { Shown } = watching(() => useTimeline('a'));
      const { unmount } = await draw(of(Shown), { strict });
      await unmount();
      release();
      await drawn(() => client.calls('timeline').length === (strict ? 2 : 1));
      await drawn(() => client.timelines.size === 0 && host.counts.watches === idle);
    });

    it('a timeline that cannot be opened says why', async () => {
      const { client, of } = await setup();
      client.failing = { timeline: causerieError('unknown_conversation') };
      const { Shown, last } = watching(() => useTimeline('a'));
      const { unmount } = await draw(of(Shown), { strict });
      await drawn(() => last().error !== null);
      assert.deepEqual([last().error.code, last().ready], ['unknown_conversation', false]);
      await unmount();
    });

    it('who types is shown, and that this user does ends with the field', async () => {
      const { client, host, idle, of } = await setup();
      const { Shown, last } = watching(() => useTyping('a'));
      const { unmount } = await draw(of(Shown), { strict });
      await drawn(() => host.counts.watches === idle + 1);
      client.conversation('a').typing.set(['bob']);
      await drawn(() => last().users.length === 1);
      assert.deepEqual(client.calls('setTyping'), []);
      last().typing();
      await drawn(() => client.typists.get('a') === true);
      await unmount();
      await drawn(() => client.typists.get('a') === false && host.counts.watches === idle);
    });

    it('a conversation, a user and how far others have read are drawn', async () => {
      const { client, of } = await setup();
      const { Shown, last } = watching(() => [useConversation('a'), useUser('bob'), useReadCursors('a')]);
      const { again, unmount } = await draw(of(Shown), { strict });
      await drawn(() => last()[1]?.name === 'Bob' && last()[2].length === 1);
      const [{ conversation, item }] = last();
      assert.equal(item.conversationId, 'a');
      client.conversations.set([conversationItem('a', { title: 'renamed' })]);
      await drawn(() => last()[0].item.title === 'renamed');
      assert.equal(last()[0].conversation, conversation);
      await again(of(Shown));
      await unmount();
    });
  });
}

describe('a hook', { timeout: 20_000 }, () => {
  it('without a provider says so', async (t) => {
    t.mock.method(console, 'error', () => {});
    const { Shown } = watching(() => useConversations());
    await assert.rejects(draw(createElement(Shown)), /CauserieProvider/);
  });

  it('may load in an effect that names loadOlder, and loads once', async () => {
    const { client, of } = await setup();
    for (let n = 1; n <= 200; n++) client.disk.say('a', `say ${n}`);
    const Shown = () => {
      const { ready, loadOlder } = useTimeline('a');
      useEffect(() => {
        if (ready) void loadOlder();
      }, [ready, loadOlder]);
      return null;
    };
    const { unmount } = await draw(of(Shown));
    await drawn(() => client.calls('loadOlder').length === 1);
    client.say('a', 'more');
    await drawn(() => [...client.timelines][0].end === 201);
    assert.equal(client.calls('loadOlder').length, 1);
    await unmount();
  });
});
