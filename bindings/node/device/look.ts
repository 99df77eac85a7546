import { isDeepStrictEqual } from 'node:util';
import type { ConnectionState, OutboxEntry, SendState, TimelineItem } from 'causerie';
import type { Opened, Watched } from './opened.js';

const WORDS: Record<string, string> = {
  send_message: 'send',
  edit_message: 'edit',
  delete_message: 'delete',
  add_reaction: 'react',
  remove_reaction: 'unreact',
  create_conversation: 'create',
  update_conversation: 'update',
  add_members: 'add',
  remove_members: 'remove',
  quit_conversation: 'quit',
};

/** What an open client shows now. */
export async function look(opened: Opened): Promise<Record<string, unknown>> {
  const { client } = opened;
  const broken: string[] = [];
  const rooms: unknown[] = [];
  for (const entry of client.conversations.current) {
    const conversation = opened.conversation(entry.conversationId);
    // While suspended, there is no cache to read them from.
    const cursors = await conversation.loadReadCursors().catch(() => []);
    const others = cursors.filter(({ userId }) => userId !== client.userId);
    const watched = opened.screens.get(entry.conversationId);
    broken.push(...(watched?.screen.broken ?? []));
    rooms.push({
      id: entry.conversationId,
      title: entry.title,
      unread: entry.unread,
      mentions: entry.mentionsUnread,
      draft: entry.draft,
      membership: entry.membership,
      last: entry.last?.text ?? null,
      pending: entry.pendingKey,
      typing: conversation.typing.current,
      read_by: Object.fromEntries(others.map(({ userId, seq }) => [userId, seq])),
      timeline: watched === undefined ? null : await messages(watched),
    });
  }
  for (const { screen } of opened.listeners.values()) broken.push(...screen.broken);
  const outbox = client.outbox.entries.current.map(write);
  return { connection: word(client.connection.current), rooms, outbox, broken };
}

async function messages({ timeline, screen }: Watched): Promise<unknown> {
  const { items } = await timeline.now();
  return {
    items: screen.items.map(item),
    same: screen.told && isDeepStrictEqual(screen.items, items),
    older: screen.hasOlder,
    resets: screen.resets,
    moves: screen.moves,
  };
}

function item(shown: TimelineItem): unknown {
  return {
    temp_id: shown.tempId,
    message_id: shown.messageId,
    seq: shown.seq ?? 0,
    from: shown.senderId,
    text: shown.text,
    send: shown.send === null ? null : state(shown.send),
    edited: shown.editedAt !== null,
    deleted: shown.deletedAt !== null,
    changing: shown.pendingChange,
    reactions: shown.reactions.map(({ emoji, userIds, count, me }) => ({ emoji, by: userIds, count, me })),
    reply_to: shown.replyTo,
    mentions: shown.mentions,
  };
}

function state(send: SendState): string {
  return send.kind === 'failed' ? `failed: ${send.code}` : send.kind;
}

function write(entry: OutboxEntry): unknown {
  return {
    key: entry.key,
    what: WORDS[entry.kind] ?? 'other',
    room: entry.conversationId,
    target_key: entry.targetKey,
    target_id: entry.targetMessageId,
    failed: entry.state.kind === 'failed' ? entry.state.code : null,
  };
}

function word(connection: ConnectionState): string {
  return connection.kind === 'signInNeeded' ? 'sign_in_needed' : connection.kind;
}
