import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { setLogSink, version, type LogRecord } from 'causerie';
import { soon, until, World } from './world.mjs';

const world = await World.begin();
const require = createRequire(import.meta.url);
const { addon } = require('../../dist/internal/load.js') as { addon(): { trialLog(count: number): void } };

/** The first record that is as it should be. */
function heard(fits: (record: LogRecord) => boolean, all: LogRecord[] = [], level: 'info' | 'debug' = 'info'): Promise<LogRecord> {
  return soon(
    new Promise((resolve) => {
      setLogSink((record) => {
        all.push(record);
        if (fits(record)) resolve(record);
      }, level);
    }),
  );
}

test('the log comes with level, part, words and time, and without what people wrote', async (t) => {
  const all: LogRecord[] = [];
  const opened = heard(({ message }) => message.includes('queued'), all, 'debug');
  const client = await world.open(t, 'alice');
  await (await client.openDirect('bob')).send('a-secret-text');
  const record = await opened;
  assert.ok(record.target.startsWith('causerie') && record.atMs > 1_700_000_000_000, JSON.stringify(record));
  assert.ok(!JSON.stringify(all).includes('a-secret-text'));
  setLogSink(null);
});

test('records below the level stay out, and one that the sink did not take in time is counted', async () => {
  const all: LogRecord[] = [];
  const lost = heard(({ message }) => message.includes('were lost'), all);
  addon().trialLog(5_000);
  const { message, level } = await lost;
  assert.match(message, /^\d+ log records were lost: the sink did not keep up$/);
  assert.equal(level, 'warn');
  setLogSink(null);
  assert.throws(() => setLogSink(() => {}, 'loud' as never), { code: 'invalid' });
  assert.throws(() => setLogSink('x' as never), { code: 'invalid' });
});

test('a sink that throws is counted and called again, and a listener that throws is in the log', async (t) => {
  const said: string[] = [];
  let throwing = true;
  const counted = new Promise<void>((resolve) => {
    setLogSink(({ message }) => {
      if (throwing) {
        throwing = false;
        throw new Error('a-secret');
      }
      said.push(message);
      if (message.includes('the sink threw')) resolve();
    }, 'info');
  });
  addon().trialLog(1);
  while (throwing) await new Promise(setImmediate);
  addon().trialLog(1);
  await soon(counted);
  const client = await world.open(t, 'carol');
  client.conversations.subscribe(() => {
    throw new TypeError('a-secret');
  });
  await client.openDirect('dave');
  await until(client.conversations, (list) => list.length === 1);
  assert.ok(said.includes('a listener threw TypeError'), said.join('\n'));
  assert.ok(!said.join('\n').includes('a-secret'));
  setLogSink(null);
});

test('the version is that of the package', () => {
  assert.equal(version(), (require('causerie/package.json') as { version: string }).version);
});
