import type { TimelineItem } from 'causerie';
import { useEffect, useRef, useState } from 'react';
import { phrases } from '../words/phrases.js';
import { lineOf } from './entries.js';

/** How many announcements a screen reader can still go back to. */
const KEPT = 5;

/**
 * Says new messages to who hears them. The list itself cannot be the live region: rows come into the
 * page and leave it while one scrolls, and each of them would be read out.
 */
export function Announcer({ items, me, name, conversation }: { items: readonly TimelineItem[]; me: string; name: (userId: string) => string; conversation: string }) {
  const said = useRef<{ conversation: string; seq: number } | null>(null);
  const [lines, setLines] = useState<readonly { key: string; text: string }[]>([]);
  useEffect(() => {
    const newest = items.findLast((item) => item.seq !== null)?.seq;
    if (newest == null) return;
    const before = said.current;
    said.current = { conversation, seq: newest };
    if (before === null || before.conversation !== conversation) return setLines([]);
    const news = items.slice(-20).filter((item) => (item.seq ?? 0) > before.seq && item.senderId !== me);
    if (news.length === 0) return;
    setLines((now) => [...now, ...news.map((item) => ({ key: item.key, text: phrases.by(name(item.senderId), lineOf(item)) }))].slice(-KEPT));
  }, [items, conversation]);
  return (
    <div className="unseen" role="log" aria-live="polite" aria-label={phrases.message}>
      {lines.map((line) => <p key={line.key}>{line.text}</p>)}
    </div>
  );
}
