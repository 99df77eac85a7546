/** All of it without a pointer, and as a screen reader is told it. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { createRequire } from 'node:module';
import { World } from './support/world.js';
import type { Person } from './support/person.js';

let world: World;
before(async () => { world = await World.start(); });
after(() => world.end());
afterEach(async () => {
  await world.closeWindows();
  assert.deepEqual(world.faults.splice(0), []);
});

/** What has the focus, as it is named. */
function focused(person: Person): Promise<string> {
  return person.page.evaluate(() => {
    const element = document.activeElement as HTMLElement | null;
    return element?.getAttribute('aria-label') ?? element?.textContent ?? '';
  });
}

/** Waits until what has the focus is named so. */
async function focusOn(person: Person, name: string): Promise<void> {
  await person.page.waitForFunction((wanted) => {
    const element = document.activeElement as HTMLElement | null;
    return (element?.getAttribute('aria-label') ?? element?.textContent ?? '').startsWith(wanted);
  }, name).catch(async () => assert.fail(`the focus is not on ${name}, but on ${(await focused(person)).slice(0, 80)}`));
}

test('a conversation is begun, written in, answered, reacted to and changed with keys alone', async () => {
  const [ana, ben] = [await world.person('ana'), await world.person('ben')];
  await ana.isLive();
  const { keyboard } = ana.page;

  // From the top of the page to a new conversation.
  for (let presses = 0; (await focused(ana)) !== 'New conversation'; presses++) {
    assert.ok(presses < 10, 'no key led to the new conversation');
    await keyboard.press('Tab');
  }
  await keyboard.press('Enter');
  await ana.page.waitForFunction(() => document.activeElement instanceof HTMLInputElement);
  await keyboard.type('ben');
  await keyboard.press('Enter');
  await focusOn(ana, 'Message Ben');
  await keyboard.type('first');
  await keyboard.press('Shift+Enter');
  await keyboard.type('second line');
  await keyboard.press('Enter');
  await ben.open('Ana');
  await ben.sees('first');
  await ben.say('an answer');
  await ana.sees('an answer');

  // Up in an empty field: the last message of one's own; Escape leaves it as it was.
  await keyboard.press('ArrowUp');
  await ana.page.getByText('Editing your message').waitFor();
  assert.equal(await ana.field.inputValue(), 'first\nsecond line');
  await keyboard.press('Escape');
  assert.equal(await ana.field.inputValue(), '');
  await keyboard.press('ArrowUp');
  await keyboard.press('Control+A');
  await keyboard.type('changed');
  await keyboard.press('Enter');
  await ben.sees('changed');

  // Into the messages, to what can be done with one, and back.
  await keyboard.press('Shift+Tab');
  await focusOn(ana, 'Ben: an answer');
  await keyboard.press('ArrowUp');
  await focusOn(ana, 'You: changed');
  await keyboard.press('ArrowDown');
  await focusOn(ana, 'Ben: an answer');
  await keyboard.press('Enter');
  await focusOn(ana, 'React');
  await keyboard.press('Enter');
  await focusOn(ana, 'React 👍');
  await keyboard.press('ArrowRight');
  await focusOn(ana, 'React ❤️');
  await keyboard.press('Enter');
  await ben.message('an answer').getByRole('button', { name: /❤️/ }).waitFor();
  await focusOn(ana, 'Ben: an answer');
  await keyboard.press('Enter');
  await focusOn(ana, 'React');
  await keyboard.press('ArrowRight');
  await focusOn(ana, 'Reply');
  await keyboard.press('Enter');
  await focusOn(ana, 'Message Ben');
  await ana.page.getByText('Replying to Ben').waitFor();
  await keyboard.press('Escape');
  await ana.page.getByText('Replying to Ben').waitFor({ state: 'detached' });
});

test('control and K finds a conversation, and the arrow keys go through the list', async () => {
  const ana = await world.person('cleo');
  await ana.isLive();
  for (const title of ['Books', 'Garden', 'Sunday walks']) await ana.group(title, ['dan']);
  const { keyboard } = ana.page;
  await keyboard.press('Control+k');
  await focusOn(ana, 'Search conversations');
  await keyboard.type('gar');
  await ana.page.getByRole('option', { name: 'Garden', selected: true }).waitFor();
  await keyboard.press('Enter');
  await focusOn(ana, 'Message Garden');
  await keyboard.press('Control+k');
  await keyboard.press('ArrowDown');
  await keyboard.press('ArrowUp');
  await keyboard.press('Escape');
  await ana.page.getByRole('dialog').waitFor({ state: 'detached' });
  // The focus is back where it was.
  await focusOn(ana, 'Message Garden');

  await ana.row('Garden').focus();
  await keyboard.press('Home');
  const first = await ana.page.locator('.conversation .title').first().textContent();
  await ana.page.waitForFunction((title) => document.activeElement?.querySelector('.title')?.textContent === title, first);
  await keyboard.press('End');
  await keyboard.press('Enter');
  const last = await ana.page.locator('.conversation .title').last().textContent();
  await focusOn(ana, `Message ${last}`);
});

test('a new message is announced, and older ones that come into the page are not', async () => {
  const [ana, ben] = [await world.person('eli'), await world.person('fay')];
  await ana.isLive();
  await ana.direct('fay');
  for (let at = 1; at <= 40; at++) await ana.say(`earlier ${at}.`);
  await ben.open('Eli');
  await ben.sees('earlier 40.');
  const log = ben.page.getByRole('log');
  await ana.say('and this is new');
  await log.getByText('Eli: and this is new').waitFor();
  await ben.page.locator('.messages').hover();
  await ben.page.mouse.wheel(0, -5_000);
  await ben.sees('earlier 3.');
  assert.equal(await log.locator('p').count(), 1);
  assert.equal(await ben.page.getByRole('list', { name: 'Messages with Eli' }).getAttribute('aria-label'), 'Messages with Eli');
  const place = ben.page.getByRole('listitem').filter({ hasText: 'earlier 3.' });
  assert.equal(await place.getAttribute('aria-setsize'), '41');
  assert.equal(await place.getAttribute('aria-posinset'), '3');
});

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe finds that is serious or worse. */
async function found(person: Person): Promise<string[]> {
  // The page's policy lets no script in; the checker goes around it, as a debugger does.
  await person.page.evaluate((await import('node:fs')).readFileSync(axe, 'utf8'));
  return person.page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: { run(): Promise<{ violations: { impact: string; id: string; nodes: { html: string; failureSummary: string }[] }[] }> } }).axe.run();
    return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`));
  });
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`axe finds nothing serious in ${colorScheme} colours, in any state that the page has`, async () => {
    const [ana, ben] = [await world.person(`gus${colorScheme}`, { colorScheme }), await world.person(`hal${colorScheme}`)];
    await ana.isLive();
    assert.deepEqual(await found(ana), [], 'with nothing in it');
    await ana.direct(ben.userId);
    await ana.say('Hello');
    await ben.page.locator('.conversation').first().click();
    await ben.say('Good morning');
    await ana.sees('Good morning');
    await ben.act('Hello', 'React');
    await ben.page.getByRole('button', { name: 'React 👍' }).click();
    await ana.act('Good morning', 'Reply');
    await ana.say('An answer');
    await ben.sees('An answer');
    await world.server.refuse(1, 'forbidden');
    await ana.say('refused');
    await ana.message('refused').getByText('Not sent').waitFor();
    await ana.message('Good morning').hover();
    assert.deepEqual(await found(ana), [], 'a conversation');
    await ana.page.keyboard.press('Control+k');
    assert.deepEqual(await found(ana), [], 'the search');
    await ana.page.keyboard.press('Escape');
    await ana.page.getByRole('button', { name: 'New conversation' }).click();
    await ana.page.getByText('Group', { exact: true }).click();
    assert.deepEqual(await found(ana), [], 'the dialog');
    await ana.page.keyboard.press('Escape');
    await world.server.stop();
    await ana.isOffline();
    assert.deepEqual(await found(ana), [], 'offline');
    await world.server.again();
  });
}

test('axe does find what is wrong', async () => {
  const ana = await world.person('ida');
  await ana.isLive();
  await ana.page.evaluate(() => document.querySelector<HTMLElement>('.search-button')!.style.color = '#ccc');
  const faults = await found(ana);
  assert.ok(faults.some((fault) => fault.startsWith('color-contrast')), faults.join('\n'));
});
