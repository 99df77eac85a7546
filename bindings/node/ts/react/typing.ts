import { useCallback, useEffect, useMemo, useRef } from 'react';
import { useCauserie, useCauserieState } from './context.js';

/** Who types. */
export interface TypingView {
  /** The others that type now: known while a timeline of the conversation is open. */
  readonly users: readonly string[];
  /** To be called at every keystroke. Stable. */
  readonly typing: () => void;
  /** To be called when the field was emptied; sending and unmounting do without. Stable. */
  readonly stopped: () => void;
}

/** Who types in a conversation, and that this user does. That it ended is told when the hook goes. */
export function useTyping(id: string): TypingView {
  const client = useCauserie();
  const conversation = useMemo(() => client.conversation(id), [client, id]);
  const users = useCauserieState(conversation.typing);
  const told = useRef(false);
  // Nobody waits for it, and offline it is not told at all.
  const typing = useCallback(() => {
    told.current = true;
    conversation.setTyping(true).catch(() => undefined);
  }, [conversation]);
  const stopped = useCallback(() => {
    if (!told.current) return;
    told.current = false;
    conversation.setTyping(false).catch(() => undefined);
  }, [conversation]);
  useEffect(() => stopped, [stopped]);
  return useMemo(() => ({ users, typing, stopped }), [users, typing, stopped]);
}
