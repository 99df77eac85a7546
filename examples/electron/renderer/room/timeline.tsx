import type { TimelineItem, TimelineState } from 'causerie';
import { type KeyboardEvent, type Ref, useCallback, useEffect, useImperativeHandle, useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { Icon } from '../parts/icon.js';
import { Viewport } from '../timeline/viewport.js';
import { Windowed } from '../timeline/windowed.js';
import { phrases } from '../words/phrases.js';
import { doableWith, guessHeight, lineOf, placeOf } from './entries.js';
import { Message, type MessageIntents } from './message.js';

/** So close to the oldest message that is loaded, older ones are asked for. */
const NEAR_START = 900;
/** What says that there is more stands above the first row, and is always so high. */
const LEAD = 72;

export interface TimelineHandle {
  /** To the newest message. */
  toEnd(): void;
  /** Gives the focus to the newest message. */
  focusLast(): void;
}

export interface TimelineProps {
  readonly title: string;
  readonly state: TimelineState;
  readonly me: string;
  readonly group: boolean;
  readonly writable: boolean;
  readonly live: boolean;
  readonly name: (userId: string) => string;
  /** What stands under the newest message of this user that the server has. */
  readonly receiptFor: (item: TimelineItem) => string;
  readonly intents: Omit<MessageIntents, 'activate' | 'jump'>;
  readonly loadOlder: () => void;
  /** Called with whether the newest message is in sight. */
  readonly onEnd: (atEnd: boolean) => void;
  /** The focus goes back to where one writes. */
  readonly leave: () => void;
  readonly ref?: Ref<TimelineHandle>;
}

/** The messages of a conversation. */
export function Timeline(props: TimelineProps) {
  const { state, me, name, onEnd, loadOlder } = props;
  const { items } = state;
  const viewport = useMemo(() => new Viewport<TimelineItem>({ key: keyOf, guess: guessHeight }, LEAD, true), []);
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<string | null>(null);
  const [current, setCurrent] = useState<string | null>(null);
  const [atEnd, setAtEnd] = useState(true);
  const seen = useRef(0);

  const onView = useCallback(() => {
    setAtEnd(viewport.atEnd);
    onEnd(viewport.atEnd);
    if (viewport.scroll < NEAR_START && viewport.width > 0) loadOlder();
  }, [viewport, onEnd, loadOlder]);

  const indexOf = (key: string | null) => (key === null ? -1 : items.findIndex((item) => item.key === key));
  const currentIndex = useMemo(() => indexOf(current), [current, items]);
  const newestMine = useMemo(() => items.findLast((item) => item.senderId === me && item.seq !== null && item.deletedAt === null)?.key, [items, me]);
  const newest = useRef(items);
  newest.current = items;
  const quotes = useQuotes(items);

  const focusRow = (index: number) => {
    const item = items[index];
    if (item === undefined) return;
    // Drawn at once: the next key may come before the next frame.
    flushSync(() => {
      setCurrent(item.key);
      viewport.reveal(index, 12);
    });
    scroller.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(item.key)}"]`)?.focus({ preventScroll: true });
  };
  const toEnd = () => {
    viewport.toEnd();
    const element = scroller.current;
    if (element !== null) element.scrollTop = viewport.scroll;
  };
  useImperativeHandle(props.ref, () => ({ toEnd, focusLast: () => focusRow(items.length - 1) }));

  // How many came while the reader was further up.
  const newestSeq = useMemo(() => items.findLast((item) => item.seq !== null)?.seq ?? 0, [items]);
  useEffect(() => {
    if (atEnd) seen.current = newestSeq;
  }, [atEnd, newestSeq]);
  const unseen = useMemo(
    () => (atEnd ? 0 : items.filter((item) => (item.seq ?? 0) > seen.current && item.senderId !== me).length),
    [atEnd, items, me],
  );

  const intents = useMemo<MessageIntents>(() => ({
    ...props.intents,
    activate: setActive,
    jump: (messageId) => {
      const index = newest.current.findIndex((item) => item.messageId === messageId);
      if (index < 0) return;
      flushSync(() => viewport.center(index));
      const { key } = newest.current[index]!;
      const element = scroller.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
      element?.classList.remove('shown');
      // Measured, so that the animation begins anew.
      void element?.offsetWidth;
      element?.classList.add('shown');
    },
  }), [props.intents, viewport]);

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.target as HTMLElement;
    const at = indexOf(target.closest<HTMLElement>('.message')?.dataset['key'] ?? null);
    if (at < 0) return;
    if (target.closest('.failure') !== null && event.key !== 'Escape') return;
    switch (event.key) {
      case 'ArrowUp': focusRow(Math.max(0, at - 1)); break;
      case 'ArrowDown': if (at + 1 < items.length) focusRow(at + 1); else props.leave(); break;
      case 'Home': focusRow(0); break;
      case 'End': focusRow(items.length - 1); break;
      case 'Escape': setActive(null); props.leave(); break;
      case 'Enter': {
        flushSync(() => setActive(items[at]!.key));
        target.querySelector<HTMLElement>('.actions button')?.focus();
        break;
      }
      default: return;
    }
    event.preventDefault();
  };

  const tabbable = current !== null && currentIndex >= 0 ? current : items.at(-1)?.key;
  return (
    <div
      className="timeline"
      onKeyDown={onKeyDown}
      onFocus={(event) => {
        const key = (event.target as HTMLElement).closest<HTMLElement>('.message')?.dataset['key'];
        if (key !== undefined) setCurrent(key);
      }}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setActive(null);
      }}
      onPointerLeave={() => setActive(null)}
    >
      <Windowed
        ref={scroller}
        viewport={viewport}
        items={items}
        keyOf={keyOf}
        label={phrases.messages(props.title)}
        className="messages"
        kept={currentIndex >= 0 ? currentIndex : null}
        onView={onView}
        lead={<div className="lead" role="presentation">{leadText(props)}</div>}
        row={(item, index) => {
          const place = placeOf(items, index);
          const quoted = item.replyTo === null ? undefined : quotes(item.replyTo);
          return (
            <Message
              item={item}
              me={me}
              author={name(item.senderId)}
              group={props.group}
              newDay={place.newDay}
              first={place.first}
              last={place.last}
              quoteAuthor={quoted === undefined ? null : quoted.senderId === me ? phrases.you : name(quoted.senderId)}
              quoteText={quoted === undefined ? null : lineOf(quoted)}
              receipt={item.key === newestMine ? props.receiptFor(item) : null}
              doable={doableWith(item, me, props.writable)}
              active={active === item.key}
              tabbable={tabbable === item.key}
              intents={intents}
            />
          );
        }}
      />
      {!atEnd && (
        <button type="button" className={`to-end${unseen > 0 ? ' news' : ''}`} aria-label={unseen > 0 ? phrases.newMessages(unseen) : phrases.toEnd} onClick={toEnd}>
          {unseen > 0 && <span>{phrases.newMessages(unseen)}</span>}
          <Icon name="down" />
        </button>
      )}
    </div>
  );
}

const keyOf = (item: TimelineItem) => item.key;

function leadText({ state, live, title }: TimelineProps): string {
  if (!state.hasOlder) return state.items.length === 0 ? '' : phrases.sayHello(title);
  return live || state.loading ? phrases.loadingOlder : phrases.olderLater;
}

/** Messages by their id, looked up when the first answer is in sight. */
function useQuotes(items: readonly TimelineItem[]): (messageId: string) => TimelineItem | undefined {
  return useMemo(() => {
    let byId: Map<string, TimelineItem> | undefined;
    return (messageId) => {
      byId ??= new Map(items.flatMap((item) => (item.messageId === null ? [] : [[item.messageId, item] as const])));
      return byId.get(messageId);
    };
  }, [items]);
}
