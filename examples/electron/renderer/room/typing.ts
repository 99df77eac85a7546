/** Says that this user types, and that they no longer do: not with every letter. */
import type { Conversation } from 'causerie';

const AGAIN_AFTER = 3_000;
const QUIET_AFTER = 5_000;

export class Typing {
  #said = 0;
  #quiet: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly conversation: Conversation) {}

  typed(now: number = Date.now()): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.stop(), QUIET_AFTER);
    if (now - this.#said < AGAIN_AFTER) return;
    this.#said = now;
    this.#say(true);
  }

  stop(): void {
    clearTimeout(this.#quiet);
    if (this.#said === 0) return;
    this.#said = 0;
    this.#say(false);
  }

  #say(typing: boolean): void {
    // Nobody needs to know that nobody heard.
    this.conversation.setTyping(typing).catch(() => {});
  }
}
