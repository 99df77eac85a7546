import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Causerie } from 'causerie';
import { PATIENCE, soon, until, World } from './world.mjs';

const world = await World.begin();
const entry = import.meta.resolve('causerie');

/** What a program of a few lines prints; it must end by itself, and well. */
async function printed(lines: string, more: Record<string, string> = {}): Promise<string> {
  const program = `import { Causerie, setLogSink, isCauserieError } from ${JSON.stringify(entry)};
    const options = (user) => ({ url: process.env.URL, user, dir: process.env.FOLDER + '/' + user, token: () => process.env.TOKEN });
    ${lines}`;
  const env = { ...process.env, URL: world.url, FOLDER: world.folder, ...more };
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (part) => (text += part));
  const killed = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
  const [code] = (await once(child, 'close')) as [number];
  clearTimeout(killed);
  assert.equal(code, 0, text);
  return text.trim();
}

test('a process ends while a client is open, connected and listened to, and nobody waits', async () => {
  const text = await printed(
    `const chat = await Causerie.open(options('alice'));
    setLogSink(() => {}, 'debug');
    const conv = await chat.openDirect('bob');
    const timeline = await conv.timeline();
    timeline.state.subscribe(() => {});
    conv.typing.subscribe(() => {});
    conv.readCursors.subscribe(() => {});
    chat.users.watch('bob').subscribe(() => {});
    chat.events();
    chat.connection.subscribe(() => {});
    await chat.start();
    for await (const { kind } of chat.connection) if (kind === 'live') break;
    console.log('live');`,
    { TOKEN: await world.token({ userId: 'alice' }) },
  );
  assert.equal(text, 'live');
});

test('a process lives while somebody waits in a loop, for whatever may come', async () => {
  const text = await printed(
    `const chat = await Causerie.open(options('carol'));
    const conv = await chat.openDirect('dave');
    // Nothing else holds it: the loop is told from without, a second later.
    setTimeout(() => conv.send('late'), 300).unref();
    for await (const { items } of (await conv.timeline()).state) if (items.length > 0) break;
    console.log('seen');`,
  );
  assert.equal(text, 'seen');
});

test('a process that ends by exit with everything open ends well, and its folder is free', async (t) => {
  await printed(
    `const chat = await Causerie.open(options('erin'));
    await chat.start();
    const loop = (async () => { for await (const _ of chat.events()); })();
    await (await chat.openDirect('frank')).send('kept');
    process.exit(0);`,
    { TOKEN: await world.token({ userId: 'erin' }) },
  );
  const client = await world.open(t, 'erin');
  assert.equal(client.conversations.current.length, 1);
});

test('a folder that another process has is in use, and free again once that has closed it', async (t) => {
  const client = await world.open(t, 'grace');
  const tries = `try { const chat = await Causerie.open(options('grace')); await chat.close(); console.log('opened'); }
    catch (error) { console.log(isCauserieError(error) && error.code); }`;
  assert.equal(await printed(tries), 'in_use');
  await client.close();
  assert.equal(await printed(tries), 'opened');
});

/** A worker of a few lines, with the same names. */
function worker(lines: string, token: string): Worker {
  const program = `const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.entry).then(async ({ Causerie, setLogSink }) => {
      const options = (user) => ({ url: workerData.url, user, dir: workerData.folder + '/' + user, token: () => workerData.token });
      ${lines}
    });`;
  return new Worker(program, { eval: true, workerData: { entry, url: world.url, folder: world.folder, token } });
}

test('a worker has a client of its own, and ends by itself with it open', async () => {
  const token = await world.token({ userId: 'heidi' });
  const one = worker(
    `const chat = await Causerie.open(options('heidi'));
    await chat.start();
    for await (const { kind } of chat.connection) if (kind === 'live') break;
    const conv = await chat.openDirect('ivan');
    const key = await conv.send('from a worker');
    parentPort.postMessage((await chat.outbox.settled(key)).kind);`,
    token,
  );
  const [[kind], [code]] = await soon(Promise.all([once(one, 'message'), once(one, 'exit')]));
  assert.deepEqual([kind, code], ['sent', 0]);
});

test('a worker that is ended amid calls, loops and listeners harms nobody, and its folder is free', async (t) => {
  const token = await world.token({ userId: 'judy' });
  for (let round = 0; round < 5; round += 1) {
    const one = worker(
      `const chat = await Causerie.open(options('judy'));
      setLogSink(() => {}, 'trace');
      await chat.start();
      const conv = await chat.openDirect('kim');
      const timeline = await conv.timeline();
      timeline.state.subscribe(() => {});
      (async () => { for await (const _ of timeline.changes()); })();
      (async () => { for await (const _ of chat.events()); })();
      setInterval(() => { conv.send('on and on').catch(() => {}); chat.outbox.settled('01a1fb00-dc0d-70a8-9e8c-68b8d81ff61c').catch(() => {}); }, 1);
      parentPort.postMessage('running');`,
      token,
    );
    await soon(once(one, 'message'));
    await soon(one.terminate());
  }
  // The worker's handles are gone with it: another process may have the folder.
  const tries = `for (;;) try { const chat = await Causerie.open(options('judy')); console.log(chat.conversations.current.length); await chat.close(); break; }
    catch (error) { if (error.code !== 'in_use') throw error; }`;
  assert.equal(await printed(tries), '1');
  const here = await world.open(t, 'judy');
  await (await here.openDirect('kim')).send('this thread goes on');
});

test('two threads with the same folder see the same', async (t) => {
  const here = await world.open(t, 'leo');
  const one = worker(
    `const chat = await Causerie.open(options('leo'));
    await (await chat.openDirect('mallory')).send('from there');
    parentPort.postMessage('sent');`,
    'none',
  );
  await soon(once(one, 'message'));
  const list = await until(here.conversations, (list) => list.length === 1);
  assert.equal(list[0]?.peerId, 'mallory');
  await Causerie.open(world.options('leo')).then((again) => again.close());
});
