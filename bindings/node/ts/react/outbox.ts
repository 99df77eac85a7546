import { useCallback, useMemo } from 'react';
import type { OutboxEntry } from '../api.js';
import { useCauserie, useCauserieState } from './context.js';

/** What was not sent yet. */
export interface OutboxView {
  /** Every write that is queued or has failed, oldest first. */
  readonly entries: readonly OutboxEntry[];
  /** Sends one that failed again. Stable. */
  readonly retry: (key: string) => Promise<void>;
  /** Gives one up. Stable. */
  readonly cancel: (key: string) => Promise<void>;
}

/** The writes of this device that the server has not settled. */
export function useOutbox(): OutboxView {
  const { outbox } = useCauserie();
  const entries = useCauserieState(outbox.entries);
  const retry = useCallback((key: string) => outbox.retry(key), [outbox]);
  const cancel = useCallback((key: string) => outbox.cancel(key), [outbox]);
  return useMemo(() => ({ entries, retry, cancel }), [entries, retry, cancel]);
}
