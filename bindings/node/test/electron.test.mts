import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { MessageChannel } from 'node:worker_threads';
import { Causerie, type Client, type Timeline } from 'causerie';
import { hostCauserie, messagePort, type Host } from 'causerie/electron/host';
import { connectCauserie, type RendererClient } from 'causerie/electron/renderer';
import { World, soon, until } from './world.mjs';

const world = await World.begin();

/** A user's host, over the real client, and windows of it. */
class Desk {
  host: Host | null = null;
  client!: Causerie;
  readonly #ports: { close(): void }[] = [];

  private constructor(
    private readonly test: TestContext,
    private readonly user: string,
  ) {}

  static async begin(test: TestContext, user: string): Promise<Desk> {
    const desk = new Desk(test, user);
    await desk.start();
    test.after(() => desk.host?.close());
    return desk;
  }

  /** Starts the host; not the client. */
  async start(): Promise<void> {
    this.host = hostCauserie({ open: () => Causerie.open(world.options(this.user)) });
    this.client = (await soon(this.host.client())) as Causerie;
  }

  /** What is left when the host's process is killed: the folder. */
  async kill(): Promise<void> {
    this.host = null;
    for (const port of this.#ports.splice(0)) port.close();
    await this.client.close();
  }

  /** A window. */
  async window(): Promise<RendererClient> {
    const chat = await soon(
      connectCauserie(() => {
        if (!this.host) throw new Error('nobody is there');
        const { port1, port2 } = new MessageChannel();
        const port = messagePort(port2);
        this.#ports.push(port);
        this.host.accept(port);
        return messagePort(port1);
      }),
    );
    this.test.after(() => chat.close());
    return chat;
  }
}

/** The texts that a timeline shows. */
const texts = (timeline: Timeline): (string | null)[] => timeline.state.current.items.map((item) => item.text);

/** Two users in a conversation that both know. */
async function met(desk: Desk, bob: Client): Promise<string> {
  await desk.client.start();
  const { id } = await desk.client.openDirect(bob.userId);
  await desk.client.conversation(id).send('first');
  await until(bob.conversations, (list) => list.some((item) => item.conversationId === id && item.last?.text === 'first'));
  return id;
}

it('a window shows what its host has, and what it sends arrives', async (test) => {
  const bob = await world.live(test, 'bob-shows');
  const desk = await Desk.begin(test, 'alice-shows');
  const id = await met(desk, bob);
  const chat = await desk.window();
  assert.equal(chat.userId, 'alice-shows');
  await until(chat.conversations, (list) => isDeepStrictEqual(list, desk.client.conversations.current));
  const timeline = await chat.conversation(id).timeline();
  const theirs = await bob.conversation(id).timeline();
  const key = await chat.conversation(id).send({ text: 'from a window', metadata: { of: ['a', 1, null] } });
  await until(timeline.state, ({ items }) => items.some((item) => item.tempId === key && item.send === null));
  const { items } = await until(theirs.state, ({ items }) => items.some((item) => item.text === 'from a window'));
  assert.deepEqual(items.at(-1)?.metadata, { of: ['a', 1, null] });
  await chat.conversation(id).react(items.at(-1)!, '👍');
  await until(theirs.state, ({ items }) => items.at(-1)?.reactions[0]?.emoji === '👍');
  const direct = await desk.client.conversation(id).timeline();
  await until(timeline.state, ({ items }) => JSON.stringify(items) === JSON.stringify(direct.state.current.items));
});

it('what a window sends offline is told as queued, and as sent once there is a connection', async (test) => {
  const bob = await world.live(test, 'bob-queued');
  const desk = await Desk.begin(test, 'alice-queued');
  const id = await met(desk, bob);
  await desk.client.stop();
  const chat = await desk.window();
  const key = await chat.conversation(id).send('later');
  const kinds: string[] = [];
  await soon(
    (async () => {
      for await (const { kind } of chat.outbox.state(key)) {
        if (kinds.at(-1) !== kind) kinds.push(kind);
        if (kinds.length === 1) await chat.start();
      }
    })(),
  );
  assert.deepEqual(kinds, ['queued', 'sent']);
  assert.equal((await chat.outbox.settled(key)).kind, 'sent');
  await until(chat.outbox.entries, (entries) => entries.length === 0);
});

it('errors of the core arrive as its own', async (test) => {
  const desk = await Desk.begin(test, 'alice-errs');
  const chat = await desk.window();
  await assert.rejects(chat.users.fetch(['bob']), { name: 'CauserieError', code: 'offline', action: 'retryLater' });
  await assert.rejects(chat.conversation('no id').send('x'), { code: 'invalid', action: 'fixCode' });
  await assert.rejects(chat.openDirect('alice-errs'), { code: 'invalid' });
  await assert.rejects(chat.outbox.now('no key'), { code: 'invalid' });
});

it('many messages at once are all shown, in order, in two windows', async (test) => {
  const bob = await world.live(test, 'bob-many');
  const desk = await Desk.begin(test, 'alice-many');
  const id = await met(desk, bob);
  const windows = [await desk.window(), await desk.window()];
  const timelines = await Promise.all(windows.map((chat) => chat.conversation(id).timeline({ page: 50 })));
  const said = Array.from({ length: 500 }, (_, n) => `say ${n}`);
  for (const text of said) await bob.conversation(id).send(text);
  for (const timeline of timelines) {
    await until(timeline.state, ({ items }) => items.at(-1)?.text === 'say 499');
    assert.deepEqual(texts(timeline).slice(-500), said);
  }
});

it('who types and how far others have read is shown in a window', async (test) => {
  const bob = await world.live(test, 'bob-types');
  const desk = await Desk.begin(test, 'alice-types');
  const id = await met(desk, bob);
  await until(desk.client.connection, ({ kind }) => kind === 'live');
  const chat = await desk.window();
  await chat.conversation(id).timeline();
  await bob.conversation(id).timeline();
  const typing = until(chat.conversation(id).typing, (users) => users.includes('bob-types'));
  await bob.conversation(id).setTyping(true);
  await typing;
  const read = until(chat.conversation(id).readCursors, (cursors) =>
    cursors.some(({ userId, seq }) => userId === 'bob-types' && seq >= 1),
  );
  await bob.conversation(id).markRead();
  await read;
});

it('a host that is killed with a message unsent is replaced, and the message arrives once', async (test) => {
  const bob = await world.live(test, 'bob-killed');
  const desk = await Desk.begin(test, 'alice-killed');
  const id = await met(desk, bob);
  await desk.client.stop();
  const chat = await desk.window();
  const timeline = await chat.conversation(id).timeline();
  const key = await chat.conversation(id).send('survives');
  await until(timeline.state, ({ items }) => items.at(-1)?.send?.kind === 'queued');
  const before = timeline.state.current.items;
  const lost = until(chat.link, ({ kind }) => kind === 'lost');
  await desk.kill();
  await lost;
  assert.equal(timeline.state.current.items, before);
  await desk.start();
  await until(chat.link, ({ kind }) => kind === 'connected');
  assert.equal((await chat.outbox.now(key))?.kind, 'queued');
  await chat.start();
  await until(timeline.state, ({ items }) => items.some((item) => item.tempId === key && item.send === null));
  const theirs = await bob.conversation(id).timeline();
  await until(theirs.state, ({ items }) => items.some((item) => item.text === 'survives'));
  await chat.conversation(id).send('after it');
  await until(theirs.state, ({ items }) => items.at(-1)?.text === 'after it');
  assert.deepEqual(texts(theirs), ['first', 'survives', 'after it']);
  assert.deepEqual(texts(timeline), ['first', 'survives', 'after it']);
});

it('windows that are reloaded leave nothing in the host', async (test) => {
  const bob = await world.live(test, 'bob-reloads');
  const desk = await Desk.begin(test, 'alice-reloads');
  const id = await met(desk, bob);
  for (let load = 0; load < 10; load++) {
    const chat = await desk.window();
    await chat.conversation(id).timeline();
    void chat.events().next();
    await chat.conversation(id).setTyping(true);
    await chat.close();
  }
  await soon(
    (async () => {
      while (desk.host?.counts.renderers !== 0) await new Promise((resolve) => setImmediate(resolve));
    })(),
  );
  assert.deepEqual(desk.host?.counts, { renderers: 0, calls: 0, watches: 0, typing: 0 });
});
