/** What the screens follow from: pure functions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NOTHING, compose, draftOf } from '../renderer/room/composing.js';
import { isOnlyEmoji, placeOf } from '../renderer/room/entries.js';
import { receiptOf, receiptText } from '../renderer/room/receipts.js';
import { bannerAfter } from '../renderer/session/banner.js';
import { initials, nameFromId, tintOf } from '../renderer/words/names.js';
import { message } from './page/fake.js';

test('a change of a message puts the draft aside, and gives it back', () => {
  const old = { ...message(3, 0), text: 'old' };
  const drafted = compose(NOTHING, { kind: 'typed', text: 'half' });
  const editing = compose(drafted, { kind: 'edit', item: old });
  assert.equal(editing.text, 'old');
  assert.equal(draftOf(compose(editing, { kind: 'typed', text: 'new' })), 'half');
  assert.deepEqual(compose(editing, { kind: 'cancel' }), drafted);
  assert.deepEqual(compose(editing, { kind: 'done' }), drafted);
  // From one change to another the draft stays.
  assert.equal(compose(compose(editing, { kind: 'edit', item: { ...old, key: 'other' } }), { kind: 'cancel' }).text, 'half');
});

test('a draft of the last time does not overwrite what was typed meanwhile', () => {
  const typed = compose(NOTHING, { kind: 'typed', text: 'new' });
  assert.equal(compose(typed, { kind: 'restore', draft: 'old' }).text, 'new');
  assert.equal(compose(NOTHING, { kind: 'restore', draft: 'old' }).text, 'old');
});

test('messages of one author stand together, until somebody else speaks, or later, or on another day', () => {
  const at = (seq: number, senderId: string, createdAt: number) => ({ ...message(seq, 0), senderId, createdAt });
  const noon = new Date(2026, 4, 4, 12).getTime();
  const items = [at(1, 'a', noon), at(2, 'a', noon + 1_000), at(3, 'b', noon + 2_000), at(4, 'b', noon + 900_000), at(5, 'b', noon + 86_400_000)];
  const places = items.map((_, index) => placeOf(items, index));
  assert.deepEqual(places.map(({ first, last }) => [first, last]), [[true, false], [false, true], [true, true], [true, true], [true, true]]);
  assert.deepEqual(places.map(({ newDay }) => newDay), [true, false, false, false, true]);
});

test('a receipt counts the others, and not oneself', () => {
  const cursors = [{ userId: 'me', seq: 9, deliveredSeq: 9 }, { userId: 'b', seq: 4, deliveredSeq: 6 }, { userId: 'c', seq: 2, deliveredSeq: 5 }];
  const text = (seq: number, direct = false) => receiptText(receiptOf(seq, cursors, 'me'), (id) => id.toUpperCase(), direct);
  assert.deepEqual([text(7), text(6), text(4), text(2), text(4, true)], ['Sent', 'Delivered', 'Read by B', 'Read by B and C', 'Read']);
});

test('the banner stays while one attempt after the other is made, and goes with the connection', () => {
  const states = [{ kind: 'waiting', attempt: 1, retryIn: 100, reason: '' }, { kind: 'connecting' }, { kind: 'authenticating' }, { kind: 'waiting', attempt: 2, retryIn: 100, reason: '' }, { kind: 'live' }] as const;
  let banner = bannerAfter(null, { kind: 'connecting' }, true);
  assert.equal(banner, 'connecting');
  const seen = states.map((state) => (banner = bannerAfter(banner, state, true)));
  assert.deepEqual(seen, ['offline', 'offline', 'offline', 'offline', null]);
  assert.equal(bannerAfter(null, { kind: 'live' }, false), 'hostLost');
  assert.equal(bannerAfter(null, { kind: 'signInNeeded', reason: '' }, true), 'signIn');
});

test('initials, names and colours follow from names and ids', () => {
  assert.deepEqual(['Ada Moreau', 'jules', 'Jean-Luc van Dyck', '李 小龙', '…', ''].map(initials), ['AM', 'J', 'JD', '李小', '?', '?']);
  assert.deepEqual(['ada', 'ada-moreau', 'u_1'].map(nameFromId), ['Ada', 'Ada Moreau', 'U_1']);
  assert.equal(tintOf('ada'), tintOf('ada'));
  assert.equal(new Set(Array.from({ length: 100 }, (_, at) => tintOf(`user${at}`))).size, 8);
});

test('a few emoji alone are shown large, and text never', () => {
  assert.deepEqual(['🎉', '👍🏽', '❤️', '👩‍👩‍👧', '🎉🎉', 'ok 🎉', '12', '🎉🎉🎉🎉'].map(isOnlyEmoji), [true, true, true, true, true, false, false, false]);
});
