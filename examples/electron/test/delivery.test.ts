/** What is written arrives, once and in order, whatever becomes of the server, the host or the page. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { World } from './support/world.js';

let world: World;
before(async () => { world = await World.start(); });
after(() => world.end());
afterEach(async () => {
  await world.closeWindows();
  assert.deepEqual(world.faults.splice(0), []);
});

/** Two who talk, under names that no other test has. */
async function two(one: string, other: string) {
  const [ana, ben] = [await world.person(one), await world.person(other)];
  await ana.isLive();
  await ben.isLive();
  await ana.direct(other);
  await ana.say('Hello');
  await ben.open(nameOf(one));
  await ben.sees('Hello');
  return { ana, ben };
}

const nameOf = (userId: string) => userId[0]!.toUpperCase() + userId.slice(1);

test('what was written offline is sent once and in order when there is a connection', async () => {
  const { ana, ben } = await two('ana', 'ben');
  await world.server.stop();
  await ana.isOffline();
  for (const text of ['one', 'two', 'three']) await ana.say(text);
  await ana.sees('three');
  await ana.banner.getByText('3 messages will be sent later').waitFor();
  assert.equal(await ana.page.locator('.message.queued').count(), 3);
  await world.server.again();
  await ben.sees('three');
  assert.deepEqual(await ben.said(), ['Hello', 'one', 'two', 'three']);
  await ana.page.locator('.message.queued').first().waitFor({ state: 'detached' });
  assert.deepEqual(await ana.said(), ['Hello', 'one', 'two', 'three']);
  assert.equal(await ana.banner.isVisible(), false);
});

test('a message whose answer was lost with the connection is there once', async () => {
  const { ana, ben } = await two('cleo', 'dan');
  await world.server.dropAcks(1, 'cleo');
  await ana.say('only once');
  await ben.sees('only once');
  await ana.receipt('Read');
  assert.equal(await ben.sees('only once'), 1);
  assert.equal(await ana.sees('only once'), 1);
});

test('after a cut it connects again by itself, and nothing is missing', async () => {
  const { ana, ben } = await two('eli', 'fay');
  await world.server.cut();
  await ana.say('after the cut');
  await ben.sees('after the cut');
  await ana.isLive();
  await ben.say('I have it');
  await ana.sees('I have it');
});

test('a server that is killed while messages are sent has each of them once when it is back', async () => {
  const { ana, ben } = await two('gus', 'hal');
  const texts = Array.from({ length: 12 }, (_, at) => `number ${at + 1}.`);
  for (const [at, text] of texts.entries()) {
    await ana.say(text);
    if (at === 5) await world.server.stop('SIGKILL');
  }
  await ana.isOffline();
  await world.server.again();
  await ben.sees('number 12.');
  assert.deepEqual((await ben.said()).slice(1), texts);
  await ana.page.locator('.message.queued').first().waitFor({ state: 'detached' });
  assert.deepEqual((await ana.said()).slice(1), texts);
});

test('a page that is reloaded shows the same conversation, its messages and its draft', async () => {
  const { ana, ben } = await two('ida', 'jon');
  await world.server.stop();
  await ana.isOffline();
  await ana.say('before the reload');
  await ana.sees('before the reload');
  await ana.field.fill('half a sen');
  await ana.row('Jon').getByText('half a sen').waitFor();
  await ana.page.reload();
  await ana.sees('before the reload');
  await ana.page.waitForFunction(() => document.querySelector('textarea')?.value === 'half a sen');
  await world.server.again();
  await ben.sees('before the reload');
  assert.equal(await ben.sees('before the reload'), 1);
});

test('a host that is killed and started again goes on where it was, with the page open', async () => {
  const { ana, ben } = await two('kim', 'lee');
  await world.server.stop();
  await ana.isOffline();
  await ana.say('kept by the host');
  await ana.page.locator('.message.queued').waitFor();
  await world.stopHost('SIGKILL');
  await ana.banner.getByText('The chat’s engine is starting again').waitFor();
  await world.server.again();
  await world.startHost();
  await ben.sees('kept by the host');
  await ana.isLive();
  assert.equal(await ana.sees('kept by the host'), 1);
  await ben.say('and back');
  await ana.sees('and back');
  assert.equal(await ben.sees('kept by the host'), 1);
});

test('two windows of one user show the same, and share what was read', async () => {
  const { ana, ben } = await two('max', 'nia');
  const second = await world.window(ana);
  await second.open('Nia');
  await second.sees('Hello');
  await second.say('from the second window');
  await ana.sees('from the second window');
  await ben.sees('from the second window');
  assert.equal(await ana.sees('from the second window'), 1);
});
