// A client without a core: what a disk holds, and what is told of it. It is as strict as the real one
// where the bridge could lean on it: a closed client refuses, a timeline hands out changes in order.

import { randomUUID } from 'node:crypto';

const BRAND = Symbol.for('causerie.error');

/** The error that the direct client throws. */
export function causerieError(code, action = 'fixCode', retryAfter = null) {
  const error = new Error(`it is ${code}`);
  error.name = 'CauserieError';
  return Object.assign(error, { code, action, retryable: action === 'retryLater', retryAfter, [BRAND]: true });
}

/** A state that is set by hand. */
export class Value {
  listeners = new Set();

  constructor(current) {
    this.current = current;
  }

  set(value) {
    this.current = value;
    for (const listener of [...this.listeners]) listener(value);
  }

  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** A sequence that is fed by hand, and ends by `return` or by its signal. */
class Feed {
  waiting = [];
  over = false;
  wake = () => {};

  constructor(signal) {
    signal?.addEventListener('abort', () => this.end());
  }

  put(value) {
    this.waiting.push(value);
    this.wake();
  }

  end() {
    this.over = true;
    this.wake();
  }

  async next() {
    while (this.waiting.length === 0) {
      if (this.over) return { done: true, value: undefined };
      await new Promise((resolve) => (this.wake = resolve));
    }
    return { done: false, value: this.waiting.shift() };
  }

  async return() {
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

/** What outlives a client. */
export class Disk {
  messages = new Map();
  drafts = new Map();
  outbox = [];

  of(conversation) {
    if (!this.messages.has(conversation)) this.messages.set(conversation, []);
    return this.messages.get(conversation);
  }

  say(conversation, text, senderId = 'bob') {
    const messages = this.of(conversation);
    const seq = messages.length + 1;
    const item = messageItem({ key: `m${seq}`, conversationId: conversation, messageId: `id${seq}`, seq, text, senderId });
    messages.push(item);
    return item;
  }
}

export function messageItem(fields) {
  return {
    key: '', conversationId: '', messageId: null, tempId: null, seq: null, senderId: '', kind: 'text', text: null,
    object: null, attachments: [], replyTo: null, mentions: [], metadata: null, createdAt: 1, editedAt: null,
    deletedAt: null, reactions: [{ emoji: '👍', count: 1, me: false, userIds: ['bob'] }], send: null,
    pendingChange: false, ...fields,
  };
}

export function conversationItem(conversationId, fields = {}) {
  return {
    conversationId, kind: 'group', groupId: null, title: conversationId, avatar: null, peerId: null,
    membership: 'joined', role: 'member', membersCount: 2, unread: 0, mentionsUnread: 0, muted: false,
    archived: false, pinned: false, last: null, updatedAt: 1, pendingKey: null, draft: null, ...fields,
  };
}

export class FakeClient {
  userId = 'alice';
  connection = new Value({ kind: 'live' });
  conversations = new Value([conversationItem('a'), conversationItem('b')]);
  /** Every call of a method, as [name, ...arguments]. */
  called = [];
  /** Methods that wait, by name, until they are let go. */
  held = new Map();
  timelines = new Set();
  feeds = new Set();
  typists = new Map();
  closed = false;

  constructor(disk = new Disk()) {
    this.disk = disk;
    const entries = new Value(disk.outbox);
    this.outbox = {
      entries,
      state: (key, options) => this.feed(options, { kind: 'queued' }, key),
      now: async (key) => this.act('now', [key]) ?? { kind: 'queued' },
      settled: (key, options) => this.slow('settled', [key], options, { kind: 'sent', seq: 1 }),
      retry: async (key) => void this.act('retry', [key]),
      cancel: async (key) => void this.act('cancel', [key]),
    };
    this.users = {
      get: async (userId) => (userId === 'bob' ? { userId, name: 'Bob', avatar: null } : null),
      all: async () => [{ userId: 'bob', name: 'Bob', avatar: null }],
      watch: () => (this.bob ??= new Value({ userId: 'bob', name: 'Bob', avatar: null })),
      fetch: (userIds, options) =>
        this.slow('fetch', [userIds], options, userIds.map((userId) => ({ userId, name: null, avatar: null }))),
    };
  }

  /** Has a method wait; what is given lets it go. */
  hold(name) {
    let release;
    this.held.set(name, new Promise((resolve) => (release = resolve)));
    return () => {
      this.held.delete(name);
      release();
    };
  }

  act(name, args) {
    if (this.closed) throw causerieError('closed');
    this.called.push([name, ...args]);
    const failing = this.failing?.[name];
    if (failing) throw failing;
    return undefined;
  }

  async slow(name, args, options, value) {
    this.act(name, args);
    const { signal } = options ?? {};
    await Promise.race([
      this.held.get(name),
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    ]);
    return value;
  }

  feed(options, first, name) {
    const feed = new Feed(options?.signal);
    feed.name = name;
    this.feeds.add(feed);
    if (first) feed.put(first);
    const end = feed.end.bind(feed);
    feed.end = () => (this.feeds.delete(feed), end());
    return feed;
  }

  calls(name) {
    return this.called.filter(([called]) => called === name);
  }

  async start() {
    this.act('start', []);
  }
  async stop() {
    this.act('stop', []);
  }
  async suspend() {
    this.act('suspend', []);
  }
  async resume() {
    this.act('resume', []);
  }
  syncNow(options) {
    return this.slow('syncNow', [], options, undefined);
  }
  networkChanged(hint) {
    this.act('networkChanged', [hint]);
  }
  async openDirect(userId) {
    this.act('openDirect', [userId]);
    return this.conversation(`direct-${userId}`);
  }
  async createConversation(conversation) {
    this.act('createConversation', [conversation]);
    return this.conversation('made');
  }
  events(filter, options) {
    this.act('events', [filter]);
    return this.feed(options, null, 'events');
  }
  async stats() {
    this.act('stats', []);
    return { connection: this.connection.current, outbox: 0 };
  }
  async signOut(options) {
    this.act('signOut', [options]);
  }
  async close() {
    this.closed = true;
    this.connection.set({ kind: 'closed', reason: 'the client is closed' });
    for (const timeline of [...this.timelines]) await timeline.close();
    for (const feed of [...this.feeds]) feed.end();
  }

  /** Somebody else says something. */
  say(conversation, text) {
    const item = this.disk.say(conversation, text);
    for (const timeline of this.timelines) if (timeline.conversationId === conversation) timeline.append(item);
    return item;
  }

  conversation(id) {
    if (id === 'malformed') throw causerieError('invalid');
    const act = async (name, ...args) => {
      await this.held.get(name);
      this.act(name, [id, ...args]);
      return `key-${this.called.length}`;
    };
    this.typingStates ??= new Map();
    if (!this.typingStates.has(id)) this.typingStates.set(id, new Value([]));
    this.cursorStates ??= new Map();
    if (!this.cursorStates.has(id)) this.cursorStates.set(id, new Value([{ userId: 'bob', seq: 1, deliveredSeq: 1 }]));
    return {
      id,
      typing: this.typingStates.get(id),
      readCursors: this.cursorStates.get(id),
      loadReadCursors: async () => this.cursorStates.get(id).current,
      send: async (message, { signal }) => {
        const key = randomUUID();
        this.act('send', [id, message]);
        this.disk.outbox = [
          ...this.disk.outbox,
          { key, conversationId: id, kind: 'send_message', text: message.text ?? message, targetKey: null,
            targetMessageId: null, emoji: null, userIds: [], createdAt: 1, state: { kind: 'queued' } },
        ];
        this.outbox.entries.set(this.disk.outbox);
        await Promise.race([
          this.held.get('send'),
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        ]);
        return key;
      },
      edit: (...args) => act('edit', ...args),
      delete: (...args) => act('delete', ...args),
      react: (...args) => act('react', ...args),
      unreact: (...args) => act('unreact', ...args),
      markRead: (...args) => act('markRead', ...args),
      setTyping: async (typing) => {
        this.act('setTyping', [id, typing]);
        this.typists.set(id, typing);
      },
      members: async (options) => {
        this.act('members', [id, options.cursor]);
        return { members: [{ userId: 'bob', role: 'member', joinedAt: 1 }], cursor: null };
      },
      addMembers: (...args) => act('addMembers', ...args),
      removeMembers: (...args) => act('removeMembers', ...args),
      setRole: (...args) => act('setRole', ...args),
      update: (...args) => act('update', ...args),
      quit: () => act('quit'),
      draft: async () => this.disk.drafts.get(id) ?? null,
      setDraft: async (text) => void this.disk.drafts.set(id, text),
      timeline: async (options) => {
        await this.held.get('timeline');
        this.act('timeline', [id, options.at, options.page]);
        return new FakeTimeline(this, id, options);
      },
    };
  }
}

class FakeTimeline {
  loads = 0;

  constructor(client, conversationId, { at, page = 50 }) {
    this.client = client;
    this.conversationId = conversationId;
    this.page = page;
    const messages = client.disk.of(conversationId);
    this.end = at === undefined ? messages.length : Math.min(messages.length, at + Math.floor(page / 2));
    this.begin = Math.max(0, this.end - page);
    client.timelines.add(this);
  }

  get messages() {
    return this.client.disk.of(this.conversationId);
  }

  flags() {
    return { hasOlder: this.begin > 0, hasNewer: this.end < this.messages.length, loading: false };
  }

  reset() {
    return { changes: [{ kind: 'reset', items: this.messages.slice(this.begin, this.end) }], ...this.flags() };
  }

  async now() {
    return { items: this.messages.slice(this.begin, this.end), ...this.flags() };
  }

  changes(options) {
    this.feed = this.client.feed(options, this.reset(), 'timeline');
    return this.feed;
  }

  append(item) {
    if (this.end !== this.messages.length - 1) return;
    const after = this.messages[this.end - 1]?.key ?? null;
    this.end += 1;
    this.feed?.put({ changes: [{ kind: 'insert', item, after }], ...this.flags() });
  }

  /** A slow reader begins anew. */
  overrun() {
    this.feed.waiting.length = 0;
    this.feed.put(this.reset());
  }

  async loadOlder() {
    this.client.act('loadOlder', [this.conversationId]);
    const begin = Math.max(0, this.begin - this.page);
    const items = this.messages.slice(begin, this.begin);
    this.begin = begin;
    const changes = items.map((item, place) => ({ kind: 'insert', item, after: items[place - 1]?.key ?? null }));
    this.feed.put({ changes, ...this.flags() });
  }

  async loadNewer() {
    this.client.act('loadNewer', [this.conversationId]);
    const end = Math.min(this.messages.length, this.end + this.page);
    const items = this.messages.slice(this.end, end);
    const changes = items.map((item, place) => ({
      kind: 'insert', item, after: (items[place - 1] ?? this.messages[this.end - 1])?.key ?? null,
    }));
    this.end = end;
    this.feed.put({ changes, ...this.flags() });
  }

  async close() {
    this.client.timelines.delete(this);
    this.feed?.end();
  }
}
