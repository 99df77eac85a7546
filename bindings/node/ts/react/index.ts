/**
 * Causerie for React, 18 and newer: hooks over the states of a client, whether it is the direct one or a
 * renderer's. Every hook wants a {@link CauserieProvider} above it.
 *
 * @module
 */
export { CauserieProvider, type CauserieProviderProps, useCauserie, useCauserieState } from './context.js';
export {
  type ConversationView,
  useConnection,
  useConversation,
  useConversations,
  useReadCursors,
  useUser,
} from './conversations.js';
export { type OutboxView, useOutbox } from './outbox.js';
export { type TimelineView, useTimeline } from './timeline.js';
export { type TypingView, useTyping } from './typing.js';
