import type { CallOptions, State, User, Users } from '../../api.js';
import { kept } from '../../internal/same.js';
import { Followed } from './state.js';
import type { Wire } from './wire.js';

/** Names and pictures on this side. */
export class RemoteUsers implements Users {
  private readonly watched = new Map<string, Followed<User | null>>();

  constructor(private readonly wire: Wire) {}

  get(userId: string): Promise<User | null> {
    return this.wire.call('user', [userId]);
  }

  all(): Promise<readonly User[]> {
    return this.wire.call('allUsers', []);
  }

  fetch(userIds: readonly string[], options: CallOptions = {}): Promise<readonly User[]> {
    return this.wire.call('fetchUsers', [userIds], options.signal);
  }

  watch(userId: string): State<User | null> {
    const known = this.watched.get(userId);
    if (known) return known;
    const state = new Followed<User | null>(null, (fed) => {
      const watch = this.wire.watch('user', [userId], {
        next: (user) => fed.set(kept(fed.current, user as User | null)),
      });
      return () => watch.stop();
    });
    this.watched.set(userId, state);
    return state;
  }

  /** Its states end. */
  end(): void {
    for (const state of this.watched.values()) state.end();
  }
}
