import type { Client, User } from 'causerie';
import { createContext, use, useSyncExternalStore } from 'react';
import { nameFromId } from '../words/names.js';

/** The names of all users that are known on this device, for everything that shows one. */
export class People {
  #names: ReadonlyMap<string, string> = new Map();
  #listeners = new Set<() => void>();

  constructor(private readonly client: Client) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Name by id; another object whenever one changes. */
  readonly names = (): ReadonlyMap<string, string> => this.#names;

  /** Follows the client until the signal ends it. */
  async follow(signal: AbortSignal): Promise<void> {
    const changes = this.client.events({ kinds: ['users'] }, { signal });
    this.#learn(await this.client.users.all());
    for await (const change of changes) {
      if (change.kind === 'users') this.#learn(change.users);
      // Some were left out.
      if (change.kind === 'missed') this.#learn(await this.client.users.all());
    }
  }

  #learn(users: readonly User[]): void {
    const names = new Map(this.#names);
    for (const { userId, name } of users) names.set(userId, name ?? nameFromId(userId));
    this.#names = names;
    for (const listener of this.#listeners) listener();
  }
}

const Context = createContext<People | null>(null);
export const PeopleProvider = Context.Provider;

/** What to call users. */
export function useNames(): (userId: string) => string {
  const people = use(Context)!;
  const names = useSyncExternalStore(people.subscribe, people.names);
  return (userId) => names.get(userId) ?? nameFromId(userId);
}

/** Everybody known on this device. */
export function useEverybody(): ReadonlyMap<string, string> {
  const people = use(Context)!;
  return useSyncExternalStore(people.subscribe, people.names);
}
