// What the app around the README's lines has.
import type { Causerie, Conversation, ConversationItem, TimelineState } from 'causerie';

declare global {
  const api: { token(): Promise<string> };
  const url: string;
  const dir: string;
  const chat: Causerie;
  const conv: Conversation;
  function render(list: readonly ConversationItem[]): void;
  function draw(state: TimelineState): void;
  function show(text: string): void;
  function signIn(): Promise<void>;
  function later(ms: number): Promise<void>;
}
