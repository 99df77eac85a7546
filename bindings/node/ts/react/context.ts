import { type ReactNode, createContext, createElement, useContext, useSyncExternalStore, useCallback } from 'react';
import type { Client, State } from '../api.js';

const Context = createContext<Client | null>(null);

/** What {@link CauserieProvider} takes. */
export interface CauserieProviderProps {
  /** The client that the hooks below it speak of; opened and closed by whoever gives it. */
  readonly client: Client;
  readonly children?: ReactNode;
}

/** Gives the hooks below it their client: the direct one, or one of `connectCauserie`. */
export function CauserieProvider({ client, children }: CauserieProviderProps): ReactNode {
  return createElement(Context.Provider, { value: client }, children);
}

/** The client. */
export function useCauserie(): Client {
  const client = useContext(Context);
  if (!client) throw new Error('a CauserieProvider is missing above');
  return client;
}

/** What a state holds, now and after every change. */
export function useCauserieState<T>(state: State<T>): T {
  const subscribe = useCallback((changed: () => void) => state.subscribe(changed), [state]);
  const current = (): T => state.current;
  return useSyncExternalStore(subscribe, current, current);
}
