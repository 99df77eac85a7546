/** The bridge gives the chat to its own page, and to nobody else on this machine or in this browser. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { World } from './support/world.js';

let world: World;
before(async () => { world = await World.start(); });
after(() => world.end());

/** The first line of the answer to an upgrade with these headers. */
function upgrade(path: string, headers: Record<string, string>): Promise<string> {
  const socket = connect(world.port, '127.0.0.1');
  const all = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headers };
  socket.write(`GET ${path} HTTP/1.1\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  return new Promise((resolve, reject) => {
    socket.once('data', (data: Buffer) => { resolve(data.toString().split('\r\n')[0]!); socket.destroy(); });
    socket.once('error', reject);
  });
}

test('only its own page, with the key, is connected', async () => {
  const host = `127.0.0.1:${world.port}`;
  const good = { host, origin: `http://${host}` };
  const path = '/link?user=ana&key=a-key-of-the-tests';
  assert.equal(await upgrade(path, good), 'HTTP/1.1 101 Switching Protocols');
  assert.equal(await upgrade(path, { ...good, origin: 'https://elsewhere.example' }), 'HTTP/1.1 403 Forbidden');
  assert.equal(await upgrade(path, { host }), 'HTTP/1.1 403 Forbidden');
  assert.equal(await upgrade(path, { ...good, host: `rebound.example:${world.port}` }), 'HTTP/1.1 421 Misdirected Request');
  assert.equal(await upgrade('/link?user=ana&key=another-key-tests', good), 'HTTP/1.1 401 Unauthorized');
  assert.equal(await upgrade('/link?user=ana', good), 'HTTP/1.1 401 Unauthorized');
  assert.equal(await upgrade('/link?user=..%2Fana&key=a-key-of-the-tests', good), 'HTTP/1.1 400 Bad Request');
});

test('it serves three files, under its own name, with a policy that lets nothing else in', async () => {
  const page = await fetch(world.address);
  assert.equal(page.status, 200);
  const policy = page.headers.get('content-security-policy') ?? '';
  assert.match(policy, /default-src 'none'; script-src 'self';/);
  assert.doesNotMatch(policy, /unsafe|\*/);
  for (const path of ['/../package.json', '/index.js.map', '/%2e%2e/bridge/bridge.js']) assert.equal((await fetch(world.address + path)).status, 404);
});
