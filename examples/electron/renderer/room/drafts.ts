/** Keeps what was typed: one write at a time, and always the newest one last. */
import type { Conversation } from 'causerie';

export class Drafts {
  #wanted: string | null = null;
  #kept: string | null = null;
  #writing = false;

  constructor(private readonly conversation: Conversation) {}

  /** What was typed the last time. */
  async load(): Promise<string> {
    const draft = (await this.conversation.draft()) ?? '';
    this.#kept = draft;
    this.#wanted ??= draft;
    return draft;
  }

  /** Keeps this. Returns at once. */
  keep(text: string): void {
    this.#wanted = text;
    if (!this.#writing) void this.#write();
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      while (this.#wanted !== null && this.#wanted !== this.#kept) {
        const text = this.#wanted;
        await this.conversation.setDraft(text === '' ? null : text);
        this.#kept = text;
      }
    } catch (error) {
      // It is in the text field all the same, and the next letter tries again.
      console.warn('the draft was not kept', error);
    } finally {
      this.#writing = false;
    }
  }
}
