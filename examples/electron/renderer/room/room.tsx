import type { Client, ConversationItem, TimelineItem } from 'causerie';
import { useReadCursors, useTimeline, useTyping } from 'causerie/react';
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react';
import { Avatar } from '../parts/avatar.js';
import { Icon } from '../parts/icon.js';
import { Problem, Skeleton } from '../parts/states.js';
import { useNotices } from '../session/notices.js';
import { useNames } from '../session/people.js';
import { phrases } from '../words/phrases.js';
import { Announcer } from './announcer.js';
import { Composer, type ComposerHandle, targetOf } from './composer.js';
import { NOTHING, compose } from './composing.js';
import { receiptOf, receiptText } from './receipts.js';
import { Timeline, type TimelineHandle } from './timeline.js';
import { Troubles } from './troubles.js';

/** How many messages are asked for at once. */
const PAGE = 60;

export interface RoomProps {
  readonly client: Client;
  readonly id: string;
  readonly item: ConversationItem | null;
  readonly live: boolean;
  /** Opens it anew after it could not be opened. */
  readonly again: () => void;
  /** Back to the list, where there is no room for both. */
  readonly close: () => void;
}

/** An open conversation. */
export function Room({ client, id, item, live, again, close }: RoomProps) {
  const conversation = useMemo(() => client.conversation(id), [client, id]);
  const me = client.userId;
  const name = useNames();
  const { attempt } = useNotices();
  const state = useTimeline(id, { page: PAGE });
  const { ready: open, error } = state;
  const loadOlder = useOlder(state);
  const typing = useTyping(id).users.filter((userId) => userId !== me);
  const cursors = useReadCursors(id);
  const [composing, step] = useReducer(compose, NOTHING);
  const [atEnd, setAtEnd] = useState(true);
  const timeline = useRef<TimelineHandle>(null);
  const composer = useRef<ComposerHandle>(null);
  const title = item?.title ?? '';
  const shownTitle = item?.kind === 'direct' && item.peerId !== null ? name(item.peerId) : title;
  const group = item?.kind !== 'direct';
  const writable = item === null || item.membership === 'joined';

  useEffect(() => composer.current?.focus(), [conversation, open]);
  useRead(client, id, item, open && atEnd);

  const items = useRef(state.items);
  items.current = state.items;
  const intents = useMemo(() => ({
    reply: (message: TimelineItem) => step({ kind: 'reply', item: message }),
    edit: (message: TimelineItem) => step({ kind: 'edit', item: message }),
    delete: (message: TimelineItem) => void attempt(() => conversation.delete(targetOf(message))),
    toggle: (message: TimelineItem, emoji: string) => {
      const mine = message.reactions.some((reaction) => reaction.emoji === emoji && reaction.me);
      void attempt(() => (mine ? conversation.unreact(targetOf(message), emoji) : conversation.react(targetOf(message), emoji)));
    },
    retry: (message: TimelineItem) => void attempt(() => client.outbox.retry(message.tempId ?? message.key)),
    discard: (message: TimelineItem) => {
      composer.current?.focus();
      void attempt(() => client.outbox.cancel(message.tempId ?? message.key));
    },
  }), [attempt, client, conversation]);
  const receiptFor = useCallback(
    (message: TimelineItem) => receiptText(receiptOf(message.seq ?? 0, cursors, me), name, !group),
    [cursors, me, name, group],
  );
  const lastMine = useCallback(
    () => items.current.findLast((message) => message.senderId === me && message.text !== null && message.deletedAt === null && message.send?.kind !== 'failed'),
    [me],
  );
  const leave = useCallback(() => composer.current?.focus(), []);

  return (
    <main className="room" aria-label={shownTitle}>
      <header className="room-head">
        <button type="button" className="icon-button back" aria-label={phrases.conversations} onClick={close}><Icon name="back" /></button>
        <Avatar id={item?.peerId ?? id} name={shownTitle} square={group} />
        <div>
          <h2>{shownTitle}</h2>
          <p>{group && item !== null ? phrases.members(item.membersCount) : phrases.directMessage}</p>
        </div>
      </header>
      {error !== null
        ? <Problem error={error} again={again} />
        : !open || (state.items.length === 0 && state.loading && live)
          ? <Skeleton />
          : (
            <Timeline
              ref={timeline}
              title={shownTitle}
              state={state}
              me={me}
              group={group}
              writable={writable}
              live={live}
              name={name}
              receiptFor={receiptFor}
              intents={intents}
              loadOlder={loadOlder}
              onEnd={setAtEnd}
              leave={leave}
            />
          )}
      {open && state.items.length === 0 && !(state.loading && live) && (
        <div className="hello">
          <Avatar id={item?.peerId ?? id} name={shownTitle} square={group} />
          <p>{phrases.sayHello(shownTitle)}</p>
        </div>
      )}
      <Announcer items={state.items} me={me} name={name} conversation={id} />
      <p className="typing" role="status">{typing.length > 0 && <><span className="dots" aria-hidden="true"><i /><i /><i /></span>{phrases.typing(typing.map(name))}</>}</p>
      <Troubles conversationId={id} />
      {writable
        ? (
          <Composer
            ref={composer}
            client={client}
            conversation={conversation}
            title={shownTitle}
            composing={composing}
            step={step}
            name={name}
            lastMine={lastMine}
            toMessages={() => timeline.current?.focusLast()}
            onSent={() => timeline.current?.toEnd()}
          />
        )
        : <p className="not-writable">{phrases.notWritable}</p>}
    </main>
  );
}

/** Asks for a page of older messages, unless one is on its way. */
function useOlder(state: { hasOlder: boolean; loadOlder: () => Promise<void> }): () => void {
  const newest = useRef(state);
  newest.current = state;
  const asking = useRef(false);
  return useCallback(() => {
    const { hasOlder, loadOlder } = newest.current;
    if (asking.current || !hasOlder) return;
    asking.current = true;
    loadOlder()
      .catch((reason: unknown) => console.warn('older messages were not loaded', reason))
      .finally(() => { asking.current = false; });
  }, []);
}

/** What is in sight, in a window that has the focus, was read. */
function useRead(client: Client, id: string, item: ConversationItem | null, inSight: boolean) {
  const unread = item?.unread ?? 0;
  const seq = item?.last?.seq;
  useEffect(() => {
    if (!inSight || unread === 0) return;
    const read = () => {
      if (!document.hidden && document.hasFocus()) client.conversation(id).markRead().catch((error: unknown) => console.warn('not marked as read', error));
    };
    read();
    window.addEventListener('focus', read);
    return () => window.removeEventListener('focus', read);
  }, [client, id, inSight, unread, seq]);
}
