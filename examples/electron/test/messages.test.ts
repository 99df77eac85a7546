/** What can be done with a message, and what others see of it. */
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

async function two(one: string, other: string) {
  const [ana, ben] = [await world.person(one), await world.person(other)];
  await ana.isLive();
  await ben.isLive();
  await ana.direct(other);
  await ana.say('Shall we walk?');
  await ben.open(one[0]!.toUpperCase() + one.slice(1));
  await ben.sees('Shall we walk?');
  return { ana, ben };
}

test('a message is edited, reacted to, answered and deleted, and the other sees each', async () => {
  const { ana, ben } = await two('ana', 'ben');

  await ana.act('Shall we walk?', 'Edit');
  await ana.field.fill('Shall we swim?');
  await ana.field.press('Enter');
  await ben.sees('Shall we swim?');
  assert.equal(await ben.message('Shall we walk?').count(), 0);
  await ben.message('Shall we swim?').getByText('edited').waitFor();

  await ben.act('Shall we swim?', 'React');
  await ben.page.getByRole('button', { name: 'React 🎉' }).click();
  await ana.message('Shall we swim?').getByRole('button', { name: /🎉/ }).waitFor();
  // Once more takes it back.
  await ben.message('Shall we swim?').getByRole('button', { name: /🎉 by you/ }).click();
  await ana.message('Shall we swim?').getByRole('button', { name: /🎉/ }).waitFor({ state: 'detached' });

  await ben.act('Shall we swim?', 'Reply');
  await ben.say('Gladly');
  await ana.sees('Gladly');
  await ana.message('Gladly').locator('.quote', { hasText: 'Shall we swim?' }).waitFor();

  await ana.act('Shall we swim?', 'Delete');
  await ben.page.locator('.bubble.gone').waitFor();
  assert.equal(await ben.message('Shall we swim?').count(), 0);
});

test('what the server refused says so, is sent again at a press, and can be discarded', async () => {
  const { ana, ben } = await two('cleo', 'dan');
  await world.server.refuse(1, 'forbidden');
  await ana.say('refused at first');
  const failed = ana.message('refused at first');
  await failed.getByText('Not sent: you may not write here').waitFor();
  await ana.row('Dan').getByText('Not sent').waitFor();
  assert.equal(await ben.message('refused at first').count(), 0);
  await failed.getByRole('button', { name: 'Send again' }).click();
  await ben.sees('refused at first');

  await world.server.refuse(1, 'forbidden');
  await ana.say('never mind');
  await ana.message('never mind').getByRole('button', { name: 'Discard' }).click();
  await ana.message('never mind').waitFor({ state: 'detached' });
  await ana.say('the end');
  await ben.sees('the end');
  assert.equal(await ben.message('never mind').count(), 0);
});

test('the list shows what is unread, and the sender that it was read', async () => {
  const { ana, ben } = await two('eli', 'fay');
  await ana.receipt('Read');
  await ben.page.getByRole('button', { name: 'New conversation' }).first().click();
  await ben.page.keyboard.press('Escape');
  await ben.group('Elsewhere', ['eli']);
  await ana.say('one');
  await ana.say('two');
  await ben.row('Eli').getByLabel('2 unread messages').waitFor();
  await ben.row('Eli').getByText('two').waitFor();
  await ana.receipt('Delivered');
  await ben.open('Eli');
  await ana.receipt('Read');
  await ben.row('Eli').locator('.badge').waitFor({ state: 'detached' });
});

test('who types is seen to type, until the message is there', async () => {
  const { ana, ben } = await two('gus', 'hal');
  await ana.field.pressSequentially('so');
  await ben.page.getByText('Gus is typing…').first().waitFor();
  await ana.field.press('Enter');
  await ben.page.getByText('Gus is typing…').first().waitFor({ state: 'detached' });
});

test('a group shows who said what, and who read it', async () => {
  const [ana, ben, cem] = [await world.person('ida'), await world.person('jon'), await world.person('kai')];
  await ana.isLive();
  await ana.group('Sunday walks', ['jon', 'kai']);
  await ana.say('Who is in?');
  await ben.open('Sunday walks');
  await ben.sees('Who is in?');
  await ana.receipt('Read by Jon');
  await cem.open('Sunday walks');
  await ana.receipt('Read by Jon and Kai');
  await ben.say('Me');
  await cem.page.locator('.author', { hasText: 'Jon' }).waitFor();
});

test('what was written to one is not shown in the other conversation', async () => {
  const { ana } = await two('lea', 'mo');
  await ana.field.fill('half written');
  await ana.group('Others', ['mo']);
  assert.equal(await ana.field.inputValue(), '');
  await ana.open('Mo');
  await ana.page.waitForFunction(() => document.querySelector('textarea')?.value === 'half written');
});
