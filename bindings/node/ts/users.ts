import type { CallOptions, State, User, Users } from './api.js';
import type { Core } from './internal/core.js';
import * as read from './internal/read.js';
import { Looked } from './internal/state.js';
import * as write from './internal/write.js';

/** The users over the native library. */
export class OpenUsers implements Users {
  readonly #core: Core;
  /** One listener of the core's tells all who watch: a timeline watches each of its senders. */
  readonly #watching = new Set<{ readonly changed: () => void }>();
  #stop: (() => void) | null = null;

  constructor(core: Core) {
    this.#core = core;
  }

  async get(userId: string): Promise<User | null> {
    return this.#look(write.text('userId', userId));
  }

  async all(): Promise<readonly User[]> {
    return this.#core.look((client) => client.users()).map(read.user);
  }

  watch(userId: string): State<User | null> {
    const id = write.text('userId', userId);
    return new Looked<User | null>(null, {
      look: () => this.#look(id),
      begin: (changed) => this.#begin({ changed }),
      own: this.#core.own,
    });
  }

  async fetch(userIds: readonly string[], options?: CallOptions): Promise<readonly User[]> {
    const ids = write.texts('userIds', userIds);
    const users = await this.#core.ask((client, cancel) => client.fetchUsers(ids, cancel), options);
    return users.map(read.user);
  }

  #look(userId: string): User | null {
    const user = this.#core.look((client) => client.user(userId));
    return user === null ? null : read.user(user);
  }

  #begin(entry: { readonly changed: () => void }): () => void {
    this.#stop ??= this.#core.watch({ kinds: ['users'] }, () => {
      for (const { changed } of [...this.#watching]) changed();
    });
    this.#watching.add(entry);
    return () => {
      this.#watching.delete(entry);
      if (this.#watching.size > 0) return;
      this.#stop?.();
      this.#stop = null;
    };
  }
}
