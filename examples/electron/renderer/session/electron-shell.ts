import type { Port } from 'causerie/electron/renderer';
import type { Shell } from './shell.js';

/** What `preload/preload.ts` gives the page. */
declare global {
  interface Window {
    readonly causerie?: { connect(): Port };
    readonly account?: { enter(userId: string): Promise<void> };
  }
}

/** An Electron window; null in a browser. */
export function electronShell(): Shell | null {
  const { causerie, account } = window;
  if (causerie === undefined || account === undefined) return null;
  return {
    user: null,
    async open(userId) {
      await account.enter(userId);
      return causerie.connect();
    },
  };
}
