import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyUpdate, type TimelineItem } from 'causerie';
import { soon, until, World } from './world.mjs';

const world = await World.begin();

test('a message is shown offline and keeps its key until another user has it', async (t) => {
  const alice = await world.open(t, 'alice');
  const chat = await alice.openDirect('bob');
  const timeline = await chat.timeline();
  const key = await chat.send('Bonjour, Bob');
  const { items } = await until(timeline.state, ({ items }) => items.length === 1);
  assert.deepEqual([items[0]?.key, items[0]?.text, items[0]?.send, items[0]?.seq], [key, 'Bonjour, Bob', { kind: 'queued' }, null]);
  assert.deepEqual(await alice.outbox.now(key), { kind: 'queued' });

  await alice.start();
  const sent = await soon(alice.outbox.settled(key));
  assert.ok(sent.kind === 'sent' && typeof sent.seq === 'number');
  const confirmed = await until(timeline.state, ({ items }) => items[0]?.send === null);
  assert.deepEqual([confirmed.items[0]?.key, confirmed.items[0]?.seq], [key, sent.seq]);
  await until(alice.outbox.entries, (entries) => entries.length === 0);

  const bob = await world.open(t, 'bob');
  await bob.start();
  const [entry] = await until(bob.conversations, (list) => list.length === 1);
  assert.deepEqual([entry?.title, entry?.unread, entry?.last?.text], ['alice', 1, 'Bonjour, Bob']);
  const theirs = await bob.conversation(entry?.conversationId ?? '').timeline();
  const seen = await until(theirs.state, ({ items }) => items.length === 1);
  assert.deepEqual([seen.items[0]?.senderId, seen.items[0]?.text], ['alice', 'Bonjour, Bob']);
});

test('an edit, a reaction and a deletion are made by the item, before and after it has an id', async (t) => {
  const carol = await world.live(t, 'carol');
  const chat = await carol.openDirect('dave');
  const timeline = await chat.timeline();
  await carol.stop();
  await chat.send('first');
  const [unsent] = (await until(timeline.state, ({ items }) => items.length === 1)).items;
  assert.equal(unsent?.messageId, null);
  await chat.edit(unsent, 'second');
  await carol.start();
  const [sent] = (await until(timeline.state, ({ items }) => items[0]?.text === 'second' && items[0].messageId !== null)).items;
  assert.ok(sent);
  await chat.react(sent, '👍');
  const [reacted] = (await until(timeline.state, ({ items }) => items[0]?.reactions.length === 1)).items;
  assert.deepEqual(reacted?.reactions, [{ emoji: '👍', count: 1, me: true, userIds: ['carol'] }]);
  await chat.unreact({ messageId: sent.messageId ?? '' }, '👍');
  await until(timeline.state, ({ items }) => items[0]?.reactions.length === 0);
  await chat.delete(sent);
  const [deleted] = (await until(timeline.state, ({ items }) => items[0]?.deletedAt !== null)).items;
  assert.equal(deleted?.text, null);
});

test('an object and its metadata cross as JSON has them, and a file with what is known of it', async (t) => {
  const erin = await world.open(t, 'erin');
  const chat = await erin.openDirect('frank');
  const timeline = await chat.timeline();
  const object = { poll: 'lunch?', choices: ['soup', 'salad'], closes: null, at: 1_763_600_000_000 };
  await chat.send({ object, metadata: { a: { b: [true] } }, mentions: ['frank'] });
  const file = { mediaId: 'm1', name: 'a.png', contentType: 'image/png', size: 5_000_000_000, sha256: '00'.repeat(32), width: 640 };
  await chat.send({ text: 'a caption', attachments: [file] });
  const { items } = await until(timeline.state, ({ items }) => items.length === 2);
  assert.deepEqual([items[0]?.object, items[0]?.metadata, items[0]?.mentions, items[0]?.text], [object, { a: { b: [true] } }, ['frank'], null]);
  const absent = { height: null, blurhash: null, durationMs: null, waveform: null };
  assert.deepEqual([items[1]?.kind, items[1]?.attachments], ['media', [{ ...file, ...absent }]]);
  // It is plain data, and survives a border.
  assert.deepEqual(structuredClone(timeline.state.current), timeline.state.current);
});

test('what did not change keeps its reference, and diffs make of it what the state is', async (t) => {
  const grace = await world.open(t, 'grace');
  const chat = await grace.openDirect('heidi');
  for (const text of ['one', 'two', 'three']) await chat.send(text);
  const timeline = await chat.timeline();
  const before = timeline.state.current;
  assert.equal(before.items.length, 3);
  let drawn: readonly TimelineItem[] = [];
  const changes = timeline.changes();
  const draw = async (): Promise<void> => {
    const { value } = await soon(changes.next());
    drawn = applyUpdate(drawn, value);
  };
  await draw();
  await chat.edit(before.items[1] ?? { key: '' }, 'zwei');
  const after = await until(timeline.state, ({ items }) => items[1]?.text === 'zwei');
  assert.equal(after.items[0], before.items[0]);
  assert.equal(after.items[2], before.items[2]);
  assert.notEqual(after.items[1], before.items[1]);
  assert.equal(timeline.state.current, timeline.state.current);
  await draw();
  assert.deepEqual(drawn, after.items);
  assert.deepEqual(await timeline.now(), after);
  await changes.return?.();

  const list = grace.conversations.current;
  await grace.openDirect('ivan');
  const longer = await until(grace.conversations, (list) => list.length === 2);
  assert.ok(longer.includes(list[0] ?? longer[0]!));
  assert.ok(Object.is(chat.item.current, longer.find(({ conversationId }) => conversationId === chat.id)));
});

test('a group has members, a draft, who types and who has read', async (t) => {
  const judy = await world.live(t, 'judy');
  const kim = await world.live(t, 'kim');
  const team = await judy.createConversation({ title: 'The team', members: ['kim'] });
  const theirs = kim.conversation(team.id);
  await until(theirs.item, (item) => item?.title === 'The team');
  const [mine, other] = [await team.timeline(), await theirs.timeline()];
  const key = await team.send('all here?');
  await soon(judy.outbox.settled(key));
  const { members, cursor } = await soon(team.members());
  assert.deepEqual([members.map(({ userId, role }) => `${userId} ${role}`).sort(), cursor], [['judy owner', 'kim member'], null]);

  const typing = until(team.typing, (users) => users.includes('kim'));
  await theirs.setTyping(true);
  assert.deepEqual(await typing, ['kim']);
  await until(other.state, ({ items }) => items.length === 1);
  const read = until(team.readCursors, (cursors) => cursors.some(({ userId, seq }) => userId === 'kim' && seq > 0));
  await theirs.markRead();
  await read;
  assert.deepEqual(await team.loadReadCursors(), team.readCursors.current);

  await team.setDraft('not yet');
  assert.equal(await team.draft(), 'not yet');
  await until(team.item, (item) => item?.draft === 'not yet');
  await team.setDraft(null);
  assert.equal(await team.draft(), null);
  const renamed = await team.update({ title: 'The others', settings: { colour: 'red' } });
  assert.equal((await soon(judy.outbox.settled(renamed))).kind, 'sent');
  await until(theirs.item, (item) => item?.title === 'The others');
  assert.ok((await judy.stats()).messagesAcknowledged >= 1);
  await mine.close();
});

test('a user is known once fetched, and whoever watches is told', async (t) => {
  const leo = await world.live(t, 'leo');
  const watched = leo.users.watch('mallory');
  assert.equal(watched.current, null);
  assert.equal(await leo.users.get('mallory'), null);
  const fetched = await soon(leo.users.fetch(['mallory']));
  for (const user of fetched) assert.deepEqual(await leo.users.get(user.userId), user);
  assert.ok(Array.isArray(await leo.users.all()));
});
