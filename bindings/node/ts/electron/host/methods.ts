import type { Client, Conversation, MessageTarget, NewConversation, NewMessage, ConversationChanges, Timeline, Attachment } from '../../api.js';
import type { Calls } from '../link.js';
import { type Checks, count, either, flag, id, isRecord, list, nullable, object, oneOf, shape, text } from './check.js';

/** What a call has at hand. */
export interface Context {
  readonly client: Client;
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
  /** The timeline behind one of the renderer's watches, once it is open. */
  timeline(watch: number): Promise<Timeline>;
  /** The renderer's user types in a conversation, or stopped. */
  typing(conversation: Conversation, typing: boolean): Promise<void>;
}

/** How a call is made: every argument checked, then the client's own method. */
export interface Method<M extends keyof Calls> {
  readonly checks: Checks<Parameters<Calls[M]>>;
  run(context: Context, ...args: Parameters<Calls[M]>): Promise<ReturnType<Calls[M]>>;
}

const attachment = shape<Attachment>(
  {
    mediaId: id, name: text, contentType: id, size: count, sha256: id, width: nullable(count),
    height: nullable(count), blurhash: nullable(id), durationMs: nullable(count), waveform: nullable(text),
  },
  ['mediaId', 'name', 'contentType', 'size', 'sha256'],
);
const newMessage = shape<NewMessage>({
  text, object, kind: id, attachments: list(attachment), replyTo: id, mentions: list(id), metadata: object,
});
const message = either(text, (value) => typeof value === 'string', newMessage);
const target = either<MessageTarget, MessageTarget>(
  shape<{ messageId: string }>({ messageId: id }, ['messageId']),
  (value) => isRecord(value) && typeof value['messageId'] === 'string',
  shape<{ key: string }>({ key: id }, ['key']),
);
const newConversation = shape<NewConversation>({ title: text, members: list(id), kind: id, history: oneOf('from_join', 'all') });
const changes = shape<ConversationChanges>({ title: text, avatar: text, settings: object });

/** A call that gives nothing. */
const nothing = async (done: Promise<unknown> | void): Promise<null> => {
  await done;
  return null;
};

/** All that a renderer may call, and nothing else. */
export const METHODS: { readonly [M in keyof Calls]: Method<M> } = {
  start: { checks: [], run: ({ client }) => nothing(client.start()) },
  stop: { checks: [], run: ({ client }) => nothing(client.stop()) },
  suspend: { checks: [], run: ({ client }) => nothing(client.suspend()) },
  resume: { checks: [], run: ({ client }) => nothing(client.resume()) },
  syncNow: { checks: [], run: ({ client, signal }) => nothing(client.syncNow({ signal })) },
  networkChanged: {
    checks: [oneOf('changed', 'lost')],
    run: ({ client }, hint) => nothing(client.networkChanged(hint)),
  },
  openDirect: {
    checks: [id],
    run: async ({ client, signal }, userId) => (await client.openDirect(userId, { signal })).id,
  },
  createConversation: {
    checks: [newConversation],
    run: async ({ client, signal }, conversation) => (await client.createConversation(conversation, { signal })).id,
  },
  stats: { checks: [], run: ({ client }) => client.stats() },
  signOut: {
    checks: [flag, nullable(oneOf('refuse', 'discard'))],
    run: ({ client }, wipe, unsent) => nothing(client.signOut({ wipe, ...(unsent === null ? {} : { unsent }) })),
  },
  send: {
    checks: [id, message],
    run: ({ client, signal }, conversation, said) => client.conversation(conversation).send(said, { signal }),
  },
  edit: {
    checks: [id, target, text],
    run: ({ client }, conversation, which, now) => client.conversation(conversation).edit(which, now),
  },
  delete: {
    checks: [id, target],
    run: ({ client }, conversation, which) => client.conversation(conversation).delete(which),
  },
  react: {
    checks: [id, target, id],
    run: ({ client }, conversation, which, emoji) => client.conversation(conversation).react(which, emoji),
  },
  unreact: {
    checks: [id, target, id],
    run: ({ client }, conversation, which, emoji) => client.conversation(conversation).unreact(which, emoji),
  },
  markRead: {
    checks: [id, nullable(count)],
    run: ({ client }, conversation, seq) => nothing(client.conversation(conversation).markRead(seq ?? undefined)),
  },
  setTyping: {
    checks: [id, flag],
    run: (context, conversation, typing) =>
      nothing(context.typing(context.client.conversation(conversation), typing)),
  },
  loadReadCursors: {
    checks: [id],
    run: ({ client }, conversation) => client.conversation(conversation).loadReadCursors(),
  },
  members: {
    checks: [id, nullable(text)],
    run: ({ client, signal }, conversation, cursor) =>
      client.conversation(conversation).members(cursor === null ? { signal } : { cursor, signal }),
  },
  addMembers: {
    checks: [id, list(id)],
    run: ({ client }, conversation, userIds) => client.conversation(conversation).addMembers(userIds),
  },
  removeMembers: {
    checks: [id, list(id)],
    run: ({ client }, conversation, userIds) => client.conversation(conversation).removeMembers(userIds),
  },
  setRole: {
    checks: [id, list(id), id],
    run: ({ client }, conversation, userIds, role) => client.conversation(conversation).setRole(userIds, role),
  },
  update: {
    checks: [id, changes],
    run: ({ client }, conversation, changed) => client.conversation(conversation).update(changed),
  },
  quit: { checks: [id], run: ({ client }, conversation) => client.conversation(conversation).quit() },
  draft: { checks: [id], run: ({ client }, conversation) => client.conversation(conversation).draft() },
  setDraft: {
    checks: [id, nullable(text)],
    run: ({ client }, conversation, draft) => nothing(client.conversation(conversation).setDraft(draft)),
  },
  timelineState: { checks: [count], run: async (context, watch) => (await context.timeline(watch)).now() },
  loadOlder: {
    checks: [count],
    run: async (context, watch) => nothing((await context.timeline(watch)).loadOlder()),
  },
  loadNewer: {
    checks: [count],
    run: async (context, watch) => nothing((await context.timeline(watch)).loadNewer()),
  },
  writeState: { checks: [id], run: ({ client }, key) => client.outbox.now(key) },
  settled: { checks: [id], run: ({ client, signal }, key) => client.outbox.settled(key, { signal }) },
  retry: { checks: [id], run: ({ client }, key) => nothing(client.outbox.retry(key)) },
  cancel: { checks: [id], run: ({ client }, key) => nothing(client.outbox.cancel(key)) },
  user: { checks: [id], run: ({ client }, userId) => client.users.get(userId) },
  allUsers: { checks: [], run: ({ client }) => client.users.all() },
  fetchUsers: { checks: [list(id)], run: ({ client, signal }, userIds) => client.users.fetch(userIds, { signal }) },
};
