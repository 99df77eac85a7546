/**
 * The local bridge: it serves the renderer's page to a browser on this machine, and connects it to the
 * same host that Electron's utility process runs, over a web socket in the place of Electron's IPC.
 *
 *     node dist/bridge/bridge.js [--server ws://127.0.0.1:4000] [--data FOLDER] [--port 0] [--key KEY]
 *
 * It prints the address to open. Who has the key in it may use the chat; pages of other origins, and
 * other names for this machine, are turned away.
 */
import { type Host } from 'causerie/electron/host';
import { webSocket } from 'causerie/electron/renderer';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { parseArgs } from 'node:util';
import { WebSocketServer } from 'ws';
import { isUserId, openHost } from '../host/open.js';
import { pages } from './pages.js';

const { values } = parseArgs({
  options: {
    server: { type: 'string', default: 'ws://127.0.0.1:4000' },
    data: { type: 'string', default: join(homedir(), '.causerie-example') },
    port: { type: 'string', default: '0' },
    key: { type: 'string' },
  },
});
const key = values.key ?? randomBytes(16).toString('hex');
const hosts = new Map<string, Host>();
const sockets = new WebSocketServer({ noServer: true, maxPayload: 1 << 20 });
const http = createServer();

/** One host for each user, whom any number of pages may share. */
function hostOf(userId: string): Host {
  let host = hosts.get(userId);
  if (host === undefined) {
    const made = (host = openHost({ userId, server: values.server, data: values.data }));
    hosts.set(userId, made);
    // Signed out: the next one who comes gets a new one.
    void made.client().then(async (client) => {
      for await (const state of client.connection) if (state.kind === 'closed') break;
      if (hosts.get(userId) === made) hosts.delete(userId);
      await made.close();
    }, () => undefined);
  }
  return host;
}

function isKey(given: string | null): boolean {
  const one = Buffer.from(given ?? '');
  const other = Buffer.from(key);
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Refuses what another page in the same browser could send, under this machine's name or another. */
function refusal(request: IncomingMessage, url: URL): string | null {
  if (request.headers.host !== url.host) return '421 Misdirected Request';
  if (request.headers.origin !== url.origin) return '403 Forbidden';
  if (url.pathname !== '/link') return '404 Not Found';
  if (!isKey(url.searchParams.get('key'))) return '401 Unauthorized';
  return isUserId(url.searchParams.get('user')) ? null : '400 Bad Request';
}

http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
  const url = new URL(request.url ?? '/', origin());
  const refused = refusal(request, url);
  if (refused !== null) {
    socket.end(`HTTP/1.1 ${refused}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    return;
  }
  sockets.handleUpgrade(request, socket, head, (page) => {
    hostOf(url.searchParams.get('user')!).accept(webSocket(page));
  });
});

http.on('request', pages(origin));
http.listen(Number(values.port), '127.0.0.1', () => {
  console.log(`open ${origin()}/?key=${key}`);
});

function origin(): string {
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    http.close();
    for (const page of sockets.clients) page.terminate();
    void Promise.allSettled([...hosts.values()].map((host) => host.close())).then(() => process.exit(0));
  });
}
