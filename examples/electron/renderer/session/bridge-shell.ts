import { webSocket } from 'causerie/electron/renderer';
import type { Shell } from './shell.js';

/** A browser's page that the local bridge served. */
export function bridgeShell(): Shell {
  const address = new URLSearchParams(location.search);
  const key = address.get('key') ?? '';
  return {
    user: address.get('user'),
    open(userId) {
      const link = new URL('/link', location.href);
      link.protocol = 'ws:';
      link.search = new URLSearchParams({ user: userId, key }).toString();
      return webSocket(new WebSocket(link));
    },
  };
}
