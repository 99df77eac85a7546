// What crossing costs, through the public API of the package as it is built.
//
//     CAUSERIE_BIN=…/causerie CAUSERIE_LIB=…/release/libcauserie_node.so node scripts/costs.mjs [--json]
//
// Microseconds: the median and the mean of 300 samples of 100 calls, and of 200 batches of 64 events.
// A server runs beside it, and nothing else should.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { Causerie } from 'causerie';

const SAMPLES = 300;
const CALLS = 100;
const BATCHES = 200;
const BATCH = 64;

const folder = mkdtempSync(path.join(tmpdir(), 'causerie-costs-'));
const args = ['serve', '--dev', '--listen', '127.0.0.1:0', '--data', path.join(folder, 'server'), '--end-with-stdin'];
const server = spawn(process.env.CAUSERIE_BIN, args, { stdio: ['pipe', 'pipe', 'ignore'] });
const [line] = await once(readline.createInterface({ input: server.stdout }), 'line');
const url = line.split(' ').at(-1);

async function token() {
  const answer = await fetch(url.replace('ws://', 'http://').replace(/\/ws$/, '/dev/token'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ user_id: 'alice' }),
  });
  return (await answer.json()).token;
}

const micros = (started) => Number(process.hrtime.bigint() - started) / 1e3;

/** Samples of a call, each the mean of some. */
async function calls(call) {
  const samples = [];
  for (let n = -50; n < SAMPLES; n += 1) {
    const started = process.hrtime.bigint();
    for (let m = 0; m < CALLS; m += 1) await call();
    if (n >= 0) samples.push(micros(started) / CALLS);
  }
  return samples;
}

/** The same of one that is not awaited. */
function looks(call) {
  const samples = [];
  for (let n = -50; n < SAMPLES; n += 1) {
    const started = process.hrtime.bigint();
    for (let m = 0; m < CALLS; m += 1) call();
    if (n >= 0) samples.push(micros(started) / CALLS);
  }
  return samples;
}

/** What one event costs of those that wait together. */
async function events(chat) {
  const samples = [];
  const timeline = await (await chat.openDirect('carol')).timeline();
  const conv = await chat.openDirect('carol');
  for (let n = -20; n < BATCHES; n += 1) {
    const changes = timeline.changes();
    await changes.next();
    for (let m = 0; m < BATCH; m += 1) await conv.send('A line of about the length that people write.');
    const started = process.hrtime.bigint();
    const { value } = await changes.next();
    const took = micros(started);
    if (n >= 0 && value.changes.length === BATCH) samples.push(took / BATCH);
    await changes.return();
  }
  await timeline.close();
  if (samples.length < BATCHES / 2) throw new Error(`only ${samples.length} batches were whole`);
  return samples;
}

const chat = await Causerie.open({ url, user: 'alice', dir: path.join(folder, 'alice'), token });
const conv = await chat.openDirect('bob');
await chat.start();
for await (const { kind } of chat.connection) if (kind === 'live') break;
const sent = await conv.send('for the costs');
await chat.outbox.settled(sent);
const open = await conv.timeline();

const results = {
  'a call (typing.current)': looks(() => conv.typing.current),
  'a promise that is ready at once (settled of what was sent)': await calls(() => chat.outbox.settled(sent)),
  'a promise that another thread settles (setTyping)': await calls(() => conv.setTyping(false)),
};
await open.close();
await chat.stop();
results['an event of a batch of 64 (timeline.changes)'] = await events(chat);
const sends = [];
for (let n = 0; n < 500; n += 1) {
  const started = process.hrtime.bigint();
  await conv.send('A line of about the length that people write.');
  sends.push(micros(started));
}
results['a message sent, its commit included (send)'] = sends;
await chat.close();
server.stdin.end();
await once(server, 'exit');
rmSync(folder, { recursive: true, force: true });

const table = Object.entries(results).map(([what, samples]) => {
  const sorted = [...samples].sort((a, b) => a - b);
  const mean = samples.reduce((sum, one) => sum + one, 0) / samples.length;
  return { what, median: sorted[sorted.length >> 1], p10: sorted[Math.floor(sorted.length / 10)], mean };
});
if (process.argv.includes('--json')) console.log(JSON.stringify(table));
else for (const { what, median, mean } of table) console.log(`${what}: median ${median.toFixed(2)} µs, mean ${mean.toFixed(2)} µs`);
