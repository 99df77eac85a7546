import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterEach, describe, it } from 'node:test';
import { acceptWindows, superviseHost } from 'causerie/electron/host';
import { connectCauserie } from 'causerie/electron/renderer';
import { closeAll, hosting } from './bench.mjs';
import { App, fork } from './electron.mjs';
import { until } from './pair.mjs';

const require = createRequire(import.meta.url);
const UTILITY = new URL('./utility.mjs', import.meta.url);

afterEach(closeAll);

describe('the preload', { timeout: 20_000 }, () => {
  it('is one file that imports nothing', () => {
    const source = readFileSync(require.resolve('causerie/electron/preload'), 'utf8');
    assert.doesNotMatch(source, /\brequire\(|\bimport\b|\bprocess\.|\bglobalThis\./);
  });

  it('gives a page plain functions, and no more', () => {
    const { causerie } = new App().load();
    assert.deepEqual(Object.keys(causerie), ['connect']);
    const port = causerie.connect();
    assert.deepEqual(Object.keys(port).sort(), ['close', 'onClose', 'onMessage', 'post']);
    assert.ok(Object.values(port).every((value) => typeof value === 'function'));
    port.close();
  });
});

describe('a host in the main process', { timeout: 20_000 }, () => {
  it('serves windows through the preload', async () => {
    const { client, host } = hosting();
    const app = new App();
    const ignore = acceptWindows(app.ipcMain, host);
    const chat = await connectCauserie(app.load().causerie.connect);
    const key = await chat.conversation('a').send({ text: 'hi', metadata: { a: [1, null] } });
    assert.deepEqual(client.calls('send'), [['send', 'a', { text: 'hi', metadata: { a: [1, null] } }]]);
    await until(() => chat.outbox.entries.current[0]?.key === key);
    await chat.close();
    await until(() => host.counts.renderers === 0);
    ignore();
    assert.equal(app.ipcMain.listenerCount('causerie:connect'), 0);
  });

  it('serves no frame within a page, and nobody whom the app refuses', async () => {
    const { host } = hosting();
    const app = new App();
    acceptWindows(app.ipcMain, host);
    let closed = 0;
    app.load({ url: 'https://ads.example', parent: {} }).causerie.connect().onClose(() => closed++);
    await until(() => closed === 1);
    const strict = new App();
    acceptWindows(strict.ipcMain, host, { allow: ({ senderFrame }) => senderFrame?.url === 'app://chat/' });
    strict.load({ url: 'https://evil.example', parent: null }).causerie.connect().onClose(() => closed++);
    await until(() => closed === 2);
    assert.equal(host.counts.renderers, 0);
  });
});

describe('a host in a utility process', { timeout: 20_000 }, () => {
  it('that cannot be started is tried again', async (t) => {
    t.mock.method(console, 'error', () => {});
    const app = new App();
    let tries = 0;
    const supervisor = superviseHost({
      ipcMain: app.ipcMain,
      fork: () => {
        tries += 1;
        if (tries < 3) throw new Error('not now');
        return fork(UTILITY, { number: tries });
      },
    });
    const chat = await connectCauserie(app.load().causerie.connect);
    assert.equal(chat.conversations.current[0].conversationId, 'of process 3');
    await supervisor.stop();
  });

  it('is started anew when it is killed, and the windows go on', async () => {
    const app = new App();
    const processes = [];
    const exits = [];
    const supervisor = superviseHost({
      ipcMain: app.ipcMain,
      fork: () => {
        processes.push(fork(UTILITY, { number: processes.length + 1 }));
        return processes.at(-1);
      },
      onExit: (code) => exits.push(code),
    });
    const windows = await Promise.all([app.load(), app.load()].map(({ causerie }) => connectCauserie(causerie.connect)));
    for (const chat of windows) assert.equal(chat.conversations.current[0].conversationId, 'of process 1');
    processes[0].kill();
    await until(() => windows.every((chat) => chat.conversations.current[0].conversationId === 'of process 2'));
    assert.equal(typeof (await windows[1].conversation('a').send('after')), 'string');
    assert.equal(exits.length, 1);
    await supervisor.stop();
    await until(() => windows.every((chat) => chat.link.current.kind === 'closed'));
    assert.equal(processes.length, 2);
  });
});
