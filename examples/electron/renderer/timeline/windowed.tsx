import { type ReactNode, type Ref, type RefObject, useImperativeHandle, useLayoutEffect, useReducer, useRef, useSyncExternalStore } from 'react';
import type { Drawn, Viewport } from './viewport.js';

export interface WindowedProps<T> {
  readonly viewport: Viewport<T>;
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  /** What a row holds. */
  readonly row: (item: T, index: number) => ReactNode;
  /** Of the list, for who hears it. */
  readonly label: string;
  readonly className: string;
  /** A row that stays drawn wherever the list is scrolled to: the one that has the focus. */
  readonly kept?: number | null;
  /** Above the first row, `viewport.lead` pixels high. */
  readonly lead?: ReactNode;
  readonly ref?: Ref<HTMLDivElement>;
  /** After every scroll and after every change of what is drawn. */
  readonly onView?: () => void;
}

/**
 * A list of any length of which only what is in sight is in the page. Rows have whatever height they
 * have; `Viewport` decides which are drawn and where.
 */
export function Windowed<T>(props: WindowedProps<T>) {
  const { viewport, items, keyOf, row, kept = null } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const taken = useRef<readonly T[] | null>(null);
  useImperativeHandle(props.ref, () => scroller.current!);

  if (taken.current !== items) {
    if (scroller.current !== null && taken.current !== null) viewport.scrolled(scroller.current.scrollTop, true);
    taken.current = items;
    viewport.take(items);
  }
  const drawn = useSyncExternalStore(viewport.subscribe, viewport.drawn);

  useLayoutEffect(() => {
    const element = scroller.current!;
    const size = () => viewport.resized(element.clientWidth, element.clientHeight);
    size();
    const observer = new ResizeObserver(size);
    observer.observe(element);
    return () => observer.disconnect();
  }, [viewport]);

  useSettled(viewport, drawn, scroller, content);
  const onView = props.onView;
  useLayoutEffect(() => onView?.());

  const indexes: number[] = [];
  if (kept !== null && kept < drawn.first && kept < items.length) indexes.push(kept);
  for (let index = drawn.first; index < drawn.last; index++) indexes.push(index);
  if (kept !== null && kept >= drawn.last && kept < items.length) indexes.push(kept);

  return (
    <div
      ref={scroller}
      className={`scroller ${props.className}`}
      onScroll={(event) => {
        viewport.scrolled(event.currentTarget.scrollTop);
        onView?.();
      }}
    >
      <div ref={content} className="scrolled" role="list" aria-label={props.label} style={{ height: drawn.total }}>
        {props.lead}
        {indexes.map((index) => {
          const item = items[index];
          return item === undefined ? null : (
            <div
              key={keyOf(item)}
              className="row"
              role="listitem"
              aria-setsize={items.length}
              aria-posinset={index + 1}
              data-index={index}
              style={{ top: viewport.top(index) }}
            >
              {row(item, index)}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** After each drawing: measures the rows, and puts the scroll position where the viewport wants it. */
function useSettled<T>(viewport: Viewport<T>, drawn: Drawn, scroller: RefObject<HTMLDivElement | null>, content: RefObject<HTMLDivElement | null>) {
  const [, again] = useReducer((count: number) => count + 1, 0);
  useLayoutEffect(() => {
    const heights: [number, number][] = [];
    for (const child of content.current!.children) {
      const index = (child as HTMLElement).dataset['index'];
      if (index !== undefined) heights.push([Number(index), child.getBoundingClientRect().height]);
    }
    viewport.measured(heights);
    // What was measured moved something: it is drawn again before anything is painted.
    if (viewport.drawn() !== drawn) return again();
    const element = scroller.current!;
    if (Math.abs(element.scrollTop - viewport.scroll) >= 1) element.scrollTop = viewport.scroll;
    viewport.settled();
  });
}
