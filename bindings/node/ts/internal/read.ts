import type {
  Attachment,
  ConnectionState,
  ConversationItem,
  Event,
  JsonObject,
  LastMessage,
  MembersPage,
  OutboxEntry,
  ReadCursor,
  SendState,
  Stats,
  TimelineChange,
  TimelineItem,
  TimelineUpdate,
  User,
} from '../api.js';
import type * as native from './addon.js';

/** The addon's records as this package's: what is missing is null, what has kinds is a union. */

const json = (text: string | undefined): JsonObject | null =>
  text === undefined ? null : (JSON.parse(text) as JsonObject);

export function connection(status: native.ConnectionStatus): ConnectionState {
  const reason = status.reason ?? '';
  switch (status.kind) {
    case 'disconnected':
    case 'connecting':
    case 'authenticating':
    case 'live':
    case 'suspended':
      return { kind: status.kind };
    case 'waiting':
      return { kind: 'waiting', attempt: status.attempt ?? 1, retryIn: status.retryInMs ?? 0, reason };
    case 'sign_in_needed':
      return { kind: 'signInNeeded', reason };
    case 'closed':
      return { kind: 'closed', reason };
  }
}

export function send(status: native.SendStatus): SendState {
  switch (status.kind) {
    case 'queued':
      return { kind: 'queued' };
    case 'sent':
      return { kind: 'sent', seq: status.seq ?? null };
    case 'failed':
      return { kind: 'failed', code: status.code ?? '', message: status.message ?? '' };
  }
}

function attachment(record: native.Attachment): Attachment {
  return {
    mediaId: record.mediaId,
    name: record.name,
    contentType: record.contentType,
    size: record.size,
    sha256: record.sha256,
    width: record.width ?? null,
    height: record.height ?? null,
    blurhash: record.blurhash ?? null,
    durationMs: record.durationMs ?? null,
    waveform: record.waveform ?? null,
  };
}

export function item(record: native.TimelineItem): TimelineItem {
  return {
    key: record.key,
    conversationId: record.conversationId,
    messageId: record.messageId ?? null,
    tempId: record.tempId ?? null,
    seq: record.seq ?? null,
    senderId: record.senderId,
    kind: record.kind,
    text: record.text ?? null,
    object: json(record.object),
    attachments: record.attachments.map(attachment),
    replyTo: record.replyTo ?? null,
    mentions: record.mentions,
    metadata: json(record.metadata),
    createdAt: record.createdAt,
    editedAt: record.editedAt ?? null,
    deletedAt: record.deletedAt ?? null,
    reactions: record.reactions,
    send: record.send === undefined ? null : send(record.send),
    pendingChange: record.pendingChange,
  };
}

function change(diff: native.TimelineDiff): TimelineChange {
  const items = diff.items.map(item);
  const [first] = items;
  const after = diff.after ?? null;
  const key = diff.key ?? '';
  switch (diff.kind) {
    case 'reset':
      return { kind: 'reset', items };
    case 'insert':
      return { kind: 'insert', item: present(first), after };
    case 'update':
      return { kind: 'update', item: present(first) };
    case 'move':
      return { kind: 'move', key, after };
    case 'remove':
      return { kind: 'remove', key };
  }
}

export function update(batch: native.TimelineBatch): TimelineUpdate {
  return { changes: batch.diffs.map(change), ...batch.state };
}

/** Of a record that its kind fills. */
export function present<T>(value: T | undefined | null): T {
  if (value === undefined || value === null) throw new Error('a record without what its kind fills');
  return value;
}

function last(record: native.LastMessage): LastMessage {
  return {
    messageId: record.messageId,
    seq: record.seq,
    senderId: record.senderId,
    kind: record.kind,
    text: record.text ?? null,
    createdAt: record.createdAt,
    deletedAt: record.deletedAt ?? null,
  };
}

export function conversation(entry: native.ConversationEntry): ConversationItem {
  return {
    conversationId: entry.conversationId,
    kind: entry.kind,
    groupId: entry.groupId ?? null,
    title: entry.title,
    avatar: entry.avatar ?? null,
    peerId: entry.peerId ?? null,
    membership: entry.membership,
    role: entry.role,
    membersCount: entry.membersCount,
    unread: entry.unread,
    mentionsUnread: entry.mentionsUnread,
    muted: entry.muted,
    archived: entry.archived,
    pinned: entry.pinned,
    last: entry.last === undefined ? null : last(entry.last),
    updatedAt: entry.updatedAt,
    pendingKey: entry.pendingKey ?? null,
    draft: entry.draft ?? null,
  };
}

export function outboxEntry(entry: native.OutboxEntry): OutboxEntry {
  return {
    key: entry.key,
    conversationId: entry.conversationId,
    kind: entry.kind,
    text: entry.text ?? null,
    targetKey: entry.targetKey ?? null,
    targetMessageId: entry.targetMessageId ?? null,
    emoji: entry.emoji ?? null,
    userIds: entry.userIds,
    createdAt: entry.createdAt,
    state: send(entry.status),
  };
}

export function user(record: native.User): User {
  return { userId: record.userId, name: record.name ?? null, avatar: record.avatar ?? null };
}

export function members(page: native.MembersPage): MembersPage {
  return { members: page.members, cursor: page.cursor ?? null };
}

/** In an order of their own, so that the same cursors are the same list. */
export function cursors(records: readonly native.ReadCursor[]): readonly ReadCursor[] {
  return [...records].sort((a, b) => (a.userId < b.userId ? -1 : 1));
}

export function stats(record: native.Stats): Stats {
  return {
    connection: connection(record.connection),
    messagesReceived: record.messagesReceived,
    eventsReceived: record.eventsReceived,
    messagesAcknowledged: record.messagesAcknowledged,
    subscribed: record.subscribed,
    conversations: record.conversations,
    reconnects: record.reconnects,
    outbox: record.outbox,
    lastActivity: record.lastActivity ?? null,
    roundTripUs: record.roundTripUs ?? null,
    echoP50Us: record.echoP50Us ?? null,
    echoP99Us: record.echoP99Us ?? null,
    ackP50Us: record.ackP50Us ?? null,
    ackP99Us: record.ackP99Us ?? null,
    deliveryP50Us: record.deliveryP50Us ?? null,
    deliveryP99Us: record.deliveryP99Us ?? null,
    databaseBytes: record.databaseBytes,
  };
}

export function event(record: native.Event): Event {
  const message = record.message ?? '';
  switch (record.kind) {
    case 'connection':
      return { kind: 'connection', state: connection(present(record.connection)) };
    case 'typing':
      return { kind: 'typing', conversationId: present(record.conversationId), userIds: record.userIds };
    case 'cursors':
      return { kind: 'cursors', conversationId: present(record.conversationId), cursors: record.cursors };
    case 'users':
      return { kind: 'users', users: record.users.map(user) };
    case 'server':
      return { kind: 'server', conversationId: record.conversationId ?? null, frame: json(record.frame) ?? {} };
    case 'fault':
      return { kind: 'fault', code: record.code ?? '', message, retryable: record.retryable ?? false };
    case 'recovered':
      return { kind: 'recovered', message, lost: record.count ?? 0 };
    case 'missed':
      return { kind: 'missed', count: record.count ?? 0 };
  }
}
