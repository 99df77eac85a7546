import type { Locator, Page } from 'playwright-core';

/** Somebody who looks at a window, and finds things as a person does: by what they say. */
export class Person {
  constructor(readonly page: Page, readonly userId: string) {}

  /** Where one writes. */
  get field(): Locator {
    return this.page.locator('.composer textarea');
  }

  get banner(): Locator {
    return this.page.locator('.banner');
  }

  /** Waits until it is connected. */
  async isLive(): Promise<void> {
    await this.page.locator('[data-connection=live]').waitFor();
  }

  /** Waits until it says that it is offline. */
  async isOffline(): Promise<void> {
    await this.banner.getByText('You are offline').waitFor();
  }

  /** Begins a conversation with another. */
  async direct(userId: string): Promise<void> {
    await this.page.getByRole('button', { name: 'New conversation' }).first().click();
    const dialog = this.page.getByRole('dialog', { name: 'New conversation' });
    await dialog.getByLabel('Name of the other person').fill(userId);
    await dialog.getByRole('button', { name: 'Start', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    await this.field.waitFor();
  }

  /** Begins a group. */
  async group(title: string, members: readonly string[]): Promise<void> {
    await this.page.getByRole('button', { name: 'New conversation' }).first().click();
    const dialog = this.page.getByRole('dialog', { name: 'New conversation' });
    await dialog.getByText('Group', { exact: true }).click();
    await dialog.getByLabel('Title').fill(title);
    await dialog.getByLabel('Names, with commas between them').fill(members.join(', '));
    await dialog.getByRole('button', { name: 'Start', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    await this.field.waitFor();
  }

  /** Opens a conversation from the list. */
  async open(title: string): Promise<void> {
    await this.row(title).click();
    await this.field.waitFor();
  }

  /** A conversation in the list. */
  row(title: string): Locator {
    return this.page.locator('.conversation', { has: this.page.locator('.title', { hasText: title }) });
  }

  async say(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press('Enter');
  }

  /** The messages that begin with this, as they are named for who hears them. */
  message(text: string): Locator {
    return this.page.getByRole('group', { name: new RegExp(`^[^:]+: ${text.replace(/[^\w\s]/g, '\\$&')}`) });
  }

  /** Waits for a message, and says how many there are with this text. */
  async sees(text: string): Promise<number> {
    await this.message(text).first().waitFor();
    return this.message(text).count();
  }

  /** What all the messages on the screen say, from the top. */
  async said(): Promise<string[]> {
    return this.page.locator('.message > .bubble').evaluateAll((bubbles) =>
      bubbles.map((bubble) => [...bubble.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent).join('')));
  }

  /** Waits until the newest message of one's own says how far it came. */
  async receipt(text: string): Promise<void> {
    await this.page.locator('[data-receipt]', { hasText: text }).waitFor();
  }

  /** Does what is offered at a message. */
  async act(text: string, action: string): Promise<void> {
    await this.message(text).hover();
    await this.page.getByRole('toolbar').getByRole('button', { name: action }).click();
  }
}
