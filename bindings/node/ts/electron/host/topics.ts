import type { Client, EventFilter, State, Timeline } from '../../api.js';
import { kept } from '../../internal/same.js';
import type { Topics } from '../link.js';
import { patchOf } from '../link/patch.js';
import { type Checks, count, id, list, nullable, oneOf, shape } from './check.js';

/** What a watch draws from. */
export type Source =
  /** A state: of what changed meanwhile, `take` gives the newest, or null if there is nothing new. */
  | { readonly kind: 'state'; subscribe(listener: () => void): () => void; take(): { readonly value: unknown } | null }
  /** A sequence of which all counts. It is asked for the next only when that can be sent. */
  | { readonly kind: 'stream'; readonly items: AsyncIterator<unknown>; close(): Promise<void>; readonly timeline?: Timeline };

/** How a watch begins. */
export interface Topic<T extends keyof Topics> {
  readonly checks: Checks<Parameters<Topics[T]>>;
  open(client: Client, signal: AbortSignal, ...args: Parameters<Topics[T]>): Source | Promise<Source>;
}

/** A state that is sent as it is. */
function whole<T>(state: State<T>): Source {
  let last: { readonly value: T } | null = null;
  return {
    kind: 'state',
    subscribe: (listener) => state.subscribe(listener),
    take: () => {
      const { current } = state;
      if (last && kept(last.value, current) === last.value) return null;
      return (last = { value: current });
    },
  };
}

/** A list of which is sent what changed. */
function listed<T>(state: State<readonly T[]>, key: (item: T) => string): Source {
  let last: readonly T[] | null = null;
  return {
    kind: 'state',
    subscribe: (listener) => state.subscribe(listener),
    take: () => {
      const { current } = state;
      if (last === current) return null;
      const patch = patchOf(last ?? [], current, key) ?? (last === null ? { order: [], changed: [] } : null);
      last = current;
      return patch && { value: patch };
    },
  };
}

function streamed(items: AsyncIterator<unknown>): Source {
  return { kind: 'stream', items, close: async () => void (await items.return?.()) };
}

const filter = shape<EventFilter>({
  kinds: list(oneOf('connection', 'typing', 'cursors', 'users', 'server', 'fault')),
  conversationId: id,
});

/** All that a renderer may watch, and nothing else. */
export const TOPICS: { readonly [T in keyof Topics]: Topic<T> } = {
  connection: { checks: [], open: (client) => whole(client.connection) },
  conversations: { checks: [], open: (client) => listed(client.conversations, (item) => item.conversationId) },
  outbox: { checks: [], open: (client) => listed(client.outbox.entries, (entry) => entry.key) },
  typing: { checks: [id], open: (client, _, conversation) => whole(client.conversation(conversation).typing) },
  readCursors: {
    checks: [id],
    open: (client, _, conversation) => whole(client.conversation(conversation).readCursors),
  },
  user: { checks: [id], open: (client, _, userId) => whole(client.users.watch(userId)) },
  timeline: {
    checks: [id, nullable(count), nullable(count)],
    open: async (client, signal, conversation, at, page) => {
      const timeline = await client
        .conversation(conversation)
        .timeline({ at: at ?? undefined, page: page ?? undefined, signal });
      const items = timeline.changes({ signal })[Symbol.asyncIterator]();
      return { kind: 'stream', items, close: () => timeline.close(), timeline };
    },
  },
  write: { checks: [id], open: (client, signal, key) => streamed(client.outbox.state(key, { signal })) },
  events: { checks: [filter], open: (client, signal, wanted) => streamed(client.events(wanted, { signal })) },
};
