import { useMemo } from 'react';
import type { ConnectionState, Conversation, ConversationItem, ReadCursor, User } from '../api.js';
import { useCauserie, useCauserieState } from './context.js';

/** How the connection stands: for a banner. */
export function useConnection(): ConnectionState {
  return useCauserieState(useCauserie().connection);
}

/** The user's conversations in the order to show. An item that did not change is the same object. */
export function useConversations(): readonly ConversationItem[] {
  return useCauserieState(useCauserie().conversations);
}

/** A conversation, and what the list shows of it. */
export interface ConversationView {
  /** Stable as long as the id is. */
  readonly conversation: Conversation;
  /** Null while this device does not know it. */
  readonly item: ConversationItem | null;
}

/** One conversation, by its id. */
export function useConversation(id: string): ConversationView {
  const client = useCauserie();
  const conversation = useMemo(() => client.conversation(id), [client, id]);
  const item = useCauserieState(conversation.item);
  return useMemo(() => ({ conversation, item }), [conversation, item]);
}

/** How far others have read and what they have got: known while a timeline of the conversation is open. */
export function useReadCursors(id: string): readonly ReadCursor[] {
  const client = useCauserie();
  return useCauserieState(useMemo(() => client.conversation(id).readCursors, [client, id]));
}

/** A user's name and picture; null while nothing is known. */
export function useUser(userId: string): User | null {
  const { users } = useCauserie();
  return useCauserieState(useMemo(() => users.watch(userId), [users, userId]));
}
