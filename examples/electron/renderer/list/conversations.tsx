import type { Client, ConversationItem, OutboxEntry } from 'causerie';
import { useOutbox } from 'causerie/react';
import { type KeyboardEvent, memo, useEffect, useMemo, useRef } from 'react';
import { flushSync } from 'react-dom';
import { Avatar } from '../parts/avatar.js';
import { Icon } from '../parts/icon.js';
import { useNames } from '../session/people.js';
import { Viewport } from '../timeline/viewport.js';
import { Windowed } from '../timeline/windowed.js';
import { phrases } from '../words/phrases.js';
import { briefly } from '../words/times.js';
import { previewOf } from './preview.js';

const ROW = 72;
const keyOf = (item: ConversationItem) => item.conversationId;

export interface ConversationsProps {
  readonly client: Client;
  readonly items: readonly ConversationItem[];
  readonly open: string | null;
  readonly pick: (id: string) => void;
}

/** The list of conversations: up and down to go through it, Enter to open one. */
export function Conversations({ client, items, open, pick }: ConversationsProps) {
  const viewport = useMemo(() => new Viewport<ConversationItem>({ key: keyOf, guess: () => ROW }, 0, false), []);
  const { entries: writes } = useOutbox();
  const name = useNames();
  const list = useRef<HTMLDivElement>(null);
  const openIndex = items.findIndex((item) => item.conversationId === open);
  const tabbable = openIndex >= 0 ? openIndex : 0;

  useEffect(() => {
    if (openIndex >= 0) viewport.reveal(openIndex);
  }, [viewport, open]);

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>('.row');
    if (row === null) return;
    const at = Number(row.dataset['index']);
    const to = ({ ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 } as Record<string, number>)[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(to, items.length - 1));
    // Drawn at once: the next key may come before the next frame.
    flushSync(() => viewport.reveal(index));
    list.current?.querySelector<HTMLElement>(`[data-index="${index}"] button`)?.focus({ preventScroll: true });
  };

  return (
    <div className="conversations" onKeyDown={onKeyDown}>
      <Windowed
        ref={list}
        viewport={viewport}
        items={items}
        keyOf={keyOf}
        label={phrases.conversations}
        className="conversation-list"
        kept={tabbable}
        row={(item, index) => <Row item={item} writes={writes} me={client.userId} name={name} open={item.conversationId === open} tabbable={index === tabbable} pick={pick} />}
      />
    </div>
  );
}

interface RowProps {
  readonly item: ConversationItem;
  readonly writes: readonly OutboxEntry[];
  readonly me: string;
  readonly name: (userId: string) => string;
  readonly open: boolean;
  readonly tabbable: boolean;
  readonly pick: (id: string) => void;
}

const Row = memo(function Row({ item, writes, me, name, open, tabbable, pick }: RowProps) {
  const title = titleOf(item, name);
  const preview = previewOf(item, writes, me, name);
  return (
    <button type="button" className={`conversation${open ? ' open' : ''}${item.unread > 0 ? ' unread' : ''}`} aria-current={open ? 'true' : undefined} tabIndex={tabbable ? 0 : -1} onClick={() => pick(item.conversationId)}>
      <Avatar id={item.peerId ?? item.conversationId} name={title} square={item.kind !== 'direct'} />
      <span className="title">{title}{item.muted && <Icon name="bellOff" size={14} />}</span>
      <time>{item.last !== null && briefly(item.last.createdAt)}</time>
      <span className={`preview ${preview.kind}`}>
        {preview.kind === 'failed' && <><Icon name="warn" size={14} />{phrases.notSent}</>}
        {preview.kind === 'draft' && <><b>{phrases.draft}</b> {preview.text}</>}
        {preview.kind === 'waiting' && <><Icon name="clock" size={13} />{preview.text}</>}
        {preview.kind === 'last' && preview.text}
        {preview.kind === 'nothing' && phrases.nothingYet}
      </span>
      {item.unread > 0 && <span className="badge" aria-label={phrases.unread(item.unread)}>{item.unread > 99 ? '99+' : item.unread}</span>}
    </button>
  );
});

/** What to call a conversation. */
export function titleOf(item: ConversationItem, name: (userId: string) => string): string {
  return item.kind === 'direct' && item.peerId !== null ? name(item.peerId) : item.title;
}
