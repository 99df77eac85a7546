import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { CauserieError, Client, State, Timeline, TimelineOptions, TimelineState } from '../api.js';
import { Value } from '../internal/state.js';
import { useCauserie, useCauserieState } from './context.js';

/** A timeline as a component shows it. */
export interface TimelineView extends TimelineState {
  /** Whether what is cached is there: before, there are no items. */
  readonly ready: boolean;
  /** Why it could not be opened. */
  readonly error: CauserieError | Error | null;
  /** Shows a page of older messages; while one is on its way, that one. Stable, so that an effect may name it. */
  readonly loadOlder: () => Promise<void>;
  /** Shows a page of newer messages, after a start in the middle. Stable, as `loadOlder`. */
  readonly loadNewer: () => Promise<void>;
}

/** What an effect came to, and for what. */
interface Opened {
  readonly of: object;
  readonly state: State<TimelineState>;
  readonly ready: boolean;
  readonly error: CauserieError | Error | null;
}

const NOTHING: State<TimelineState> = new Value({ items: [], hasOlder: false, hasNewer: false, loading: false });
const NONE: Promise<null> = Promise.resolve(null);

/**
 * Opens a timeline of a conversation, and closes it when the component goes, or the id or an option is
 * another. While none is open, because of null or since it opens, there are no items.
 *
 * @param id the conversation; null for none.
 */
export function useTimeline(id: string | null, options: TimelineOptions = {}): TimelineView {
  const client = useCauserie();
  const { at, page } = options;
  const wanted = useMemo(() => ({ client, id, at, page }), [client, id, at, page]);
  const [opened, setOpened] = useState<Opened | null>(null);
  const timeline = useRef<Promise<Timeline | null>>(NONE);
  const loads = useRef(new Map<string, Promise<void>>());

  useEffect(() => {
    if (wanted.id === null) return undefined;
    const opening = open(wanted.client, wanted.id, wanted);
    timeline.current = opening.catch(() => null);
    loads.current = new Map();
    let gone = false;
    opening.then(
      ({ state }) => {
        if (!gone) setOpened({ of: wanted, state, ready: true, error: null });
      },
      (error: Error) => {
        if (!gone) setOpened({ of: wanted, state: NOTHING, ready: false, error });
      },
    );
    return () => {
      gone = true;
      timeline.current = NONE;
      // Also one that opens only now, as after React's double effects.
      opening.then((late) => late.close()).catch(() => undefined);
    };
  }, [wanted]);

  const load = useCallback((which: 'loadOlder' | 'loadNewer'): Promise<void> => {
    const loading = loads.current;
    const running = loading.get(which);
    if (running) return running;
    const done = timeline.current
      .then((there) => there?.[which]())
      .finally(() => {
        loading.delete(which);
      });
    loading.set(which, done);
    return done;
  }, []);
  const loadOlder = useCallback(() => load('loadOlder'), [load]);
  const loadNewer = useCallback(() => load('loadNewer'), [load]);

  // What was opened for another conversation is not shown for this one, not even for one render.
  const mine = opened?.of === wanted ? opened : null;
  const state = useCauserieState(mine?.state ?? NOTHING);
  const ready = mine?.ready ?? false;
  const error = mine?.error ?? null;
  return useMemo(
    () => ({ ...state, ready, error, loadOlder, loadNewer }),
    [state, ready, error, loadOlder, loadNewer],
  );
}

/** As a promise also where the id is refused at once. */
async function open(client: Client, id: string, options: TimelineOptions): Promise<Timeline> {
  return client.conversation(id).timeline({ at: options.at, page: options.page });
}
