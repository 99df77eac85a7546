/**
 * A client without a core, for the page that measures drawing: one conversation with any number of
 * messages, of which a page at a time comes, as from the host, a moment later.
 */
import type { Client, Conversation, ConversationItem, State, Timeline, TimelineItem, TimelineState, User } from 'causerie';
import type { RendererClient } from 'causerie/electron/renderer';

/** A state that is set by hand. */
export class Held<T> implements State<T> {
  #listeners = new Set<(value: T) => void>();
  constructor(private value: T) {}
  get current(): T {
    return this.value;
  }
  set(value: T): void {
    this.value = value;
    for (const listener of this.#listeners) listener(value);
  }
  subscribe(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  async *values(): AsyncIterableIterator<T> {
    yield this.value;
  }
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this.values();
  }
}

const WORDS = 'the of a morning light over river we could walk there after dinner maybe bring bread some tea Jules said it rains tomorrow but who knows really I found that old book again and it still smells of the sea shall we read it aloud'.split(' ');
const PEOPLE: readonly User[] = [
  { userId: 'ada', name: 'Ada Moreau', avatar: null },
  { userId: 'jules', name: 'Jules Verhaegen', avatar: null },
  { userId: 'noor', name: 'Noor Haddad', avatar: null },
];
const START = Date.UTC(2026, 0, 5, 8);

/** A number that looks random, and is the same in every run. */
function chance(seed: number): number {
  const value = Math.sin(seed * 12.9898) * 43758.5453;
  return value - Math.floor(value);
}

function textOf(seq: number): string {
  const length = chance(seq) < 0.15 ? 60 : Math.ceil(chance(seq + 0.5) * 18);
  return Array.from({ length }, (_, at) => WORDS[Math.floor(chance(seq + at * 0.37) * WORDS.length)]).join(' ');
}

/** A message as the host would give it. */
export function message(seq: number, count: number): TimelineItem {
  const answers = seq > 20 && chance(seq + 0.9) < 0.05;
  return {
    key: `m${seq}`,
    conversationId: 'c',
    messageId: `m${seq}`,
    tempId: null,
    seq,
    senderId: PEOPLE[Math.floor(chance(Math.floor(seq / 3)) * PEOPLE.length)]!.userId,
    kind: 'text',
    text: textOf(seq),
    object: null,
    attachments: [],
    replyTo: answers ? `m${seq - 7}` : null,
    mentions: [],
    metadata: null,
    createdAt: START + seq * 97_000 - count,
    editedAt: chance(seq + 0.2) < 0.04 ? START : null,
    deletedAt: chance(seq + 0.3) < 0.02 ? START : null,
    reactions: chance(seq + 0.1) < 0.12 ? [{ emoji: '👍', count: 2, me: seq % 2 === 0, userIds: ['noor', 'jules'] }] : [],
    send: null,
    pendingChange: false,
  };
}

/** How the page's test moves it. */
export interface Fake {
  readonly client: RendererClient;
  /** How many messages are in the page's list. */
  loaded(): number;
  /** A message of another comes. */
  receive(): void;
}

export function fake(count: number, loaded: number): Fake {
  const all = Array.from({ length: count }, (_, at) => message(at + 1, count));
  const state = new Held<TimelineState>({ items: all.slice(-loaded), hasOlder: loaded < count, hasNewer: false, loading: false });
  const newest = all.at(-1)!;
  const item: ConversationItem = {
    conversationId: 'c', kind: 'group', groupId: null, title: 'Sunday walks', avatar: null, peerId: null, membership: 'joined', role: 'member',
    membersCount: 3, unread: 0, mentionsUnread: 0, muted: false, archived: false, pinned: false, updatedAt: newest.createdAt, pendingKey: null, draft: null,
    last: { messageId: newest.messageId!, seq: newest.seq!, senderId: newest.senderId, kind: 'text', text: newest.text, createdAt: newest.createdAt, deletedAt: null },
  };
  const timeline: Timeline = {
    conversationId: 'c',
    state,
    now: async () => state.current,
    changes: () => never(),
    async loadOlder() {
      await new Promise<void>((resolve) => { const channel = new MessageChannel(); channel.port1.onmessage = () => { channel.port1.close(); resolve(); }; channel.port2.postMessage(null); });
      const { items } = state.current;
      const from = Math.max(0, all.length - items.length - 60);
      const older = all.slice(from, all.length - items.length);
      state.set({ items: [...older, ...items], hasOlder: from > 0, hasNewer: false, loading: false });
    },
    async loadNewer() {},
    async close() {},
    async [Symbol.asyncDispose]() {},
  };
  const done = async () => 'key';
  const conversation: Conversation = {
    id: 'c', item: new Held<ConversationItem | null>(item), typing: new Held<readonly string[]>([]), readCursors: new Held<never[]>([]), loadReadCursors: async () => [],
    send: done, edit: done, delete: done, react: done, unreact: done,
    markRead: async () => {}, setTyping: async () => {}, members: async () => ({ members: [], cursor: null }),
    addMembers: done, removeMembers: done, setRole: done, update: done, quit: done,
    draft: async () => null, setDraft: async () => {}, timeline: async () => timeline,
  };
  const client = {
    userId: 'ada',
    connection: new Held({ kind: 'live' }),
    link: new Held({ kind: 'connected' }),
    conversations: new Held<readonly ConversationItem[]>([item]),
    outbox: { entries: new Held([]), state: () => never(), now: async () => null, settled: () => never(), retry: async () => {}, cancel: async () => {} },
    users: { get: async (id: string) => PEOPLE.find((user) => user.userId === id) ?? null, all: async () => PEOPLE, watch: (id: string) => new Held(PEOPLE.find((user) => user.userId === id) ?? null), fetch: async () => PEOPLE },
    conversation: () => conversation,
    openDirect: async () => conversation, createConversation: async () => conversation,
    events: () => never(),
    start: async () => {}, stop: async () => {}, suspend: async () => {}, resume: async () => {}, syncNow: async () => {}, networkChanged: () => {},
    signOut: async () => {}, close: async () => {},
  } as unknown as Client as RendererClient;
  let seq = count;
  return {
    client,
    loaded: () => state.current.items.length,
    receive() {
      seq += 1;
      const item = { ...message(seq, count), senderId: 'noor', replyTo: null, deletedAt: null };
      all.push(item);
      state.set({ ...state.current, items: [...state.current.items, item] });
    },
  };
}

/** Says nothing, ever. */
function never(): AsyncIterableIterator<never> {
  return { next: () => new Promise(() => {}), return: async () => ({ done: true, value: undefined }), [Symbol.asyncIterator]() { return this; } };
}
