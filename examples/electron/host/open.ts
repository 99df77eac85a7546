/** The client of one user, as this app opens it: in Electron's utility process and in the local bridge. */
import { Causerie, SignInRequired } from 'causerie';
import { type Host, hostCauserie } from 'causerie/electron/host';
import { join } from 'node:path';

export interface Account {
  readonly userId: string;
  /** The server: `ws://127.0.0.1:4000`. */
  readonly server: string;
  /** The folder that holds one folder for each user. */
  readonly data: string;
}

/** What a server takes as a user's id, and what is good as a folder's name on every system. */
const USER_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Whether this may be a user's id. */
export function isUserId(userId: unknown): userId is string {
  return typeof userId === 'string' && USER_ID.test(userId) && !userId.endsWith('.');
}

/**
 * A host with the client of one user, which connects at once: whoever replaces a host that died has
 * nobody to tell it so.
 */
export function openHost(account: Account): Host {
  const { userId, server, data } = account;
  return hostCauserie({
    open: async () => {
      const client = await Causerie.open({ url: server, user: userId, dir: join(data, userId), token: () => devToken(server, userId) });
      await client.start();
      return client;
    },
  });
}

/** Asks the app's backend for a token. Here the server's own `--dev` mode stands for it, which asks for no password. */
async function devToken(server: string, userId: string): Promise<string> {
  const url = new URL('/dev/token', server.replace(/^ws/, 'http'));
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_id: userId }),
  });
  if (response.status === 401 || response.status === 403) throw new SignInRequired();
  if (!response.ok) throw new Error(`the backend answered ${response.status}`);
  const { token } = (await response.json()) as { token: string };
  return token;
}
