import { SignInRequired } from 'causerie';
import type { Identity } from './order.js';

/** The app's backend, which brings tokens: the server's control port makes them. */
export class Backend {
  readonly #identity: Identity;
  readonly #changed: () => void;
  mood = 'good';
  asked = 0;

  constructor(identity: Identity, changed: () => void) {
    this.#identity = identity;
    this.#changed = changed;
  }

  async token(): Promise<string> {
    this.asked += 1;
    this.#changed();
    switch (this.mood) {
      case 'good':
        return this.#mint();
      case 'forged':
        return `${await this.#mint()}x`;
      case 'signed_out':
        throw new SignInRequired('signed out elsewhere');
      default:
        throw new Error('the backend is down');
    }
  }

  async #mint(): Promise<string> {
    const { control, user, token_ms } = this.#identity;
    const answer = await fetch(`${control}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ user_id: user, lifetime_ms: token_ms }),
    });
    if (!answer.ok) throw new Error(`the control port answered ${answer.status}`);
    return ((await answer.json()) as { token: string }).token;
  }
}
