import type { Port } from 'causerie/electron/renderer';

/** What is around the page: an Electron window, or a browser at the local bridge. */
export interface Shell {
  /** A way to the host that has this user's client; the shell starts one if there is none. */
  open(userId: string): Port | Promise<Port>;
  /** Whom the page is for, if its address says so. */
  readonly user: string | null;
}
