/** What the list shows of a conversation under its title. What needs the user most comes first. */
import type { ConversationItem, OutboxEntry } from 'causerie';
import { lineOf } from '../room/entries.js';
import { phrases } from '../words/phrases.js';

export type Preview =
  | { readonly kind: 'failed' }
  | { readonly kind: 'draft' | 'waiting' | 'last'; readonly text: string }
  | { readonly kind: 'typing'; readonly text: string }
  | { readonly kind: 'nothing' };

export function previewOf(item: ConversationItem, writes: readonly OutboxEntry[], me: string, name: (userId: string) => string): Preview {
  const own = writes.filter((write) => write.conversationId === item.conversationId && write.kind === 'send_message');
  if (own.some((write) => write.state.kind === 'failed')) return { kind: 'failed' };
  if (item.draft !== null && item.draft.trim() !== '') return { kind: 'draft', text: item.draft };
  const waiting = own.at(-1);
  if (waiting !== undefined) return { kind: 'waiting', text: waiting.text ?? phrases.attachment };
  const { last } = item;
  if (last === null) return { kind: 'nothing' };
  const line = lineOf(last);
  if (last.senderId === me) return { kind: 'last', text: phrases.by(phrases.you, line) };
  return { kind: 'last', text: item.kind === 'direct' || last.kind === 'system' ? line : phrases.by(name(last.senderId), line) };
}
