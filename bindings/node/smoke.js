'use strict';
// Uses the Node binding against a real server, as an app would, and says what calls cost.
//
//     CAUSERIE_BIN=…/causerie CAUSERIE_LIB=…/libcauserie_node.so node bindings/node/smoke.js
//
// The library is one built with the feature `trial`. Needs Node 20 and no package. Prints what
// Rust's test harness prints, so that `cargo xtask test` can count.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');

const { open, changes, CauserieError, native } = require('./index.js');

const PATIENCE = 30_000;

/** `causerie serve --dev` on a free port. */
class Server {
  static async start(folder) {
    const args = ['serve', '--dev', '--listen', '127.0.0.1:0', '--data', folder];
    // However this script ends, the server does not outlive it.
    args.push('--end-with-stdin');
    const server = new Server();
    server.process = spawn(process.env.CAUSERIE_BIN, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    const [line] = await soon(readline.createInterface({ input: server.process.stdout })
      [Symbol.asyncIterator]().next().then(({ value }) => [value]));
    assert.match(line, /^listening on /);
    server.url = line.split(' ').at(-1);
    return server;
  }

  async token(userId) {
    const url = this.url.replace('ws://', 'http://').replace(/\/ws$/, '/dev/token');
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user_id: userId }),
    });
    return (await answer.json()).token;
  }

  async end() {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGTERM');
    await ended;
  }
}

function soon(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('waited in vain')), PATIENCE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function deferred() {
  let resolve;
  const promise = new Promise((r) => { resolve = r; });
  return { promise, resolve };
}

/** A server, folders, and clients that are ended with the test. */
class World {
  constructor(server, folder) {
    Object.assign(this, { server, folder, clients: [] });
  }

  async client(userId, provider, name = userId) {
    const dataDir = path.join(this.folder, name);
    const tokens = provider ?? (({ userId }) => this.server.token(userId));
    const client = await open({ serverUrl: this.server.url, userId, dataDir }, tokens);
    this.clients.push(client);
    return client;
  }

  async end() {
    for (const client of this.clients) await client.end();
  }
}

/** What a screen does with the diffs. */
function show(items, batch) {
  const place = (key) => {
    const found = items.findIndex((item) => item.key === key);
    assert.notEqual(found, -1, `no item ${key}`);
    return found;
  };
  const behind = (key) => (key == null ? 0 : place(key) + 1);
  for (const diff of batch.diffs) {
    switch (diff.kind) {
      case 'reset': items.splice(0, items.length, ...diff.items); break;
      case 'insert': items.splice(behind(diff.after), 0, diff.items[0]); break;
      case 'update': items[place(diff.items[0].key)] = diff.items[0]; break;
      case 'move': {
        const [item] = items.splice(place(diff.key), 1);
        items.splice(behind(diff.after), 0, item);
        break;
      }
      case 'remove': items.splice(place(diff.key), 1); break;
      default: assert.fail(`a new kind: ${diff.kind}`);
    }
  }
}

async function until(updates, items, done) {
  while (!done(items)) {
    const batch = await soon(updates.next());
    assert.notEqual(batch, null, 'the updates ended');
    show(items, batch);
  }
}

async function reaches(client, kind) {
  const states = client.connectionUpdates();
  for (;;) {
    const state = await soon(states.next());
    if (state.kind === kind) {
      states.end();
      return state;
    }
  }
}

const tests = {
  async a_message_is_shown_offline_and_keeps_its_key_until_another_user_has_it(world) {
    const alice = await world.client('alice');
    const bob = await world.client('bob');
    const chat = await alice.openDirect('bob');
    const timeline = await chat.timeline();
    const updates = timeline.updates();
    const items = [];
    const key = await chat.send('Bonjour, Bob');
    await until(updates, items, () => items.length > 0);
    assert.equal(items[0].key, key);
    assert.equal(items[0].text, 'Bonjour, Bob');
    assert.equal(items[0].send.kind, 'queued');
    assert.equal(items[0].seq ?? null, null);

    await alice.start();
    const status = await soon(alice.settled(key));
    assert.equal(status.kind, 'sent');
    assert.equal(typeof status.seq, 'number');
    await until(updates, items, () => !items[0].send);
    assert.deepEqual([items[0].key, items[0].seq], [key, status.seq]);

    await bob.start();
    const lists = bob.conversationUpdates();
    while (bob.conversations().length === 0) await soon(lists.next());
    const [entry] = bob.conversations();
    assert.deepEqual([entry.title, entry.unread, entry.last.text], ['alice', 1, 'Bonjour, Bob']);
    const theirs = await bob.conversation(entry.conversationId).timeline();
    const seen = [];
    await until(theirs.updates(), seen, () => seen.length > 0);
    assert.deepEqual([seen[0].senderId, seen[0].text], ['alice', 'Bonjour, Bob']);
  },

  async an_error_has_code_action_and_what_to_wait_for(world) {
    const client = await world.client('carol');
    assert.throws(() => client.conversation('no id'), (error) => {
      assert.ok(error instanceof CauserieError);
      assert.deepEqual([error.code, error.action, error.retryable], ['invalid', 'fix_code', false]);
      return true;
    });
    await assert.rejects(world.client('dave', undefined, 'carol'), {
      name: 'CauserieError', code: 'other_user', action: 'sign_in',
    });
  },

  async a_token_provider_that_throws_at_once_or_later_is_asked_again(world) {
    let asked = 0;
    const client = await world.client('erin', (question) => {
      asked += 1;
      if (asked === 1) throw new Error('thrown at once');
      if (asked === 2) return Promise.reject(new Error('thrown later'));
      return world.server.token(question.userId);
    });
    await client.start();
    await reaches(client, 'live');
    assert.equal(asked, 3);
  },

  async a_provider_that_says_sign_in_is_not_asked_again_until_start(world) {
    let [asked, signedIn] = [0, false];
    const client = await world.client('frank', async ({ userId }) => {
      asked += 1;
      if (signedIn) return world.server.token(userId);
      throw Object.assign(new Error('the session is over'), { signInNeeded: true });
    });
    await client.start();
    const state = await reaches(client, 'sign_in_needed');
    assert.equal(state.reason, 'the session is over');
    assert.equal(asked, 1);

    // Neither for a message, nor with time. How much of it is long enough says another provider:
    // it has no token for now, and is asked again and again.
    const key = await (await client.openDirect('grace')).send('kept until one signs in');
    let askedMeanwhile = 0;
    const other = await world.client('victor', async ({ userId }) => {
      askedMeanwhile += 1;
      if (askedMeanwhile <= 3) throw new Error('the backend is away');
      return world.server.token(userId);
    });
    await other.start();
    await reaches(other, 'live');
    assert.equal(askedMeanwhile, 4);
    assert.equal(client.connection().kind, 'sign_in_needed');
    assert.equal(asked, 1);

    signedIn = true;
    await client.start();
    await reaches(client, 'live');
    assert.equal(asked, 2);
    assert.equal((await soon(client.settled(key))).kind, 'sent');
  },

  async a_raw_provider_that_throws_costs_the_process_nothing(world) {
    let asked = 0;
    const options = { serverUrl: world.server.url, userId: 'olga', dataDir: path.join(world.folder, 'olga') };
    const client = await native.Client.open(options, async ({ userId }) => {
      asked += 1;
      if (asked === 1) throw new Error('past the shell');
      return { token: await world.server.token(userId), signInNeeded: false };
    });
    world.clients.push(client);
    await client.start();
    await reaches(client, 'live');
    assert.equal(asked, 2);
  },

  async a_signal_ends_the_updates_also_one_that_was_aborted_before(world) {
    const client = await world.client('grace');
    const chat = await client.openDirect('heidi');
    const timeline = await chat.timeline();
    const abort = new AbortController();
    const batches = [];
    const reading = (async () => {
      for await (const batch of changes(timeline.updates(), abort.signal)) batches.push(batch);
    })();
    const updates = timeline.updates();
    await soon(updates.next());
    await chat.send('one');
    await soon(updates.next());
    abort.abort();
    await soon(reading);
    for await (const _ of changes(timeline.updates(), AbortSignal.abort())) assert.fail('a change');
    // Whoever waits is woken by `end`.
    const waiting = updates.next();
    updates.end();
    assert.equal(await soon(waiting), null);
    timeline.end();
  },

  async a_listener_is_called_in_batches_on_this_thread_and_may_throw_and_call_back(world) {
    const client = await world.client('ivan');
    const chat = await client.openDirect('judy');
    const timeline = await chat.timeline();
    const sizes = [];
    const [first, third] = [deferred(), deferred()];
    let seenFromWithin;
    const subscription = timeline.onBatch((batch) => {
      sizes.push(batch.diffs.length);
      seenFromWithin = timeline.items().length;
      if (sizes.length === 1) first.resolve();
      if (sizes.length === 2) throw new Error('thrown by a listener');
      if (seenFromWithin === 51) third.resolve();
    });
    await soon(first.promise);
    const sent = [];
    for (let n = 0; n < 50; n += 1) sent.push(chat.send(String(n)));
    await soon(Promise.all(sent));
    await soon(chat.send('and on'));
    await soon(third.promise);
    assert.ok(sizes.length < 52, `${sizes.length} calls for 51 messages`);
    subscription.cancel();
    subscription.cancel();
  },

  async a_panic_is_an_error_and_the_next_call_works() {
    assert.throws(() => native.trialPanic(), /on purpose/);
    await assert.rejects(soon(native.trialPanicLater()), /on purpose/);
    assert.equal(native.trialCall(), Number.MAX_SAFE_INTEGER);
    assert.equal(await native.trialFuture(), Number.MAX_SAFE_INTEGER);
  },

  async after_the_end_calls_fail_and_updates_end(world) {
    const client = await world.client('kim');
    const updates = client.conversationUpdates();
    await client.end();
    while ((await soon(updates.next())) !== null);
    await assert.rejects(client.start(), { code: 'closed', action: 'fix_code' });
  },
};

/** Microseconds, of one run on this machine. */
async function costs() {
  const each = (started, count) => ((performance.now() - started) / count * 1e3).toFixed(1);
  let started = performance.now();
  for (let n = 0; n < 100_000; n += 1) native.trialCall();
  const call = each(started, 100_000);
  started = performance.now();
  for (let n = 0; n < 5_000; n += 1) await native.trialFuture();
  console.log(`cost: a call ${call} µs, a promise ${each(started, 5_000)} µs`);
  for (const [calls, items] of [[2_000, 1], [200, 10], [20, 100]]) {
    const done = deferred();
    let left = calls;
    started = performance.now();
    native.trialFlood(() => { if ((left -= 1) === 0) done.resolve(); }, calls, items);
    await soon(done.promise);
    const push = each(started, calls * items);
    started = performance.now();
    for (let n = 0; n < calls; n += 1) await native.trialBatch(items);
    const pull = each(started, calls * items);
    console.log(`cost: ${items} diffs a batch: by callback ${push} µs, asked for ${pull} µs a diff`);
  }
}

async function main() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'causerie-node-'));
  const server = await Server.start(path.join(folder, 'server'));
  let [passed, failed] = [0, 0];
  try {
    for (const [name, run] of Object.entries(tests)) {
      const world = new World(server, path.join(folder, name));
      try {
        await run(world);
        await world.end();
        passed += 1;
        console.log(`test ${name} ... ok`);
      } catch (error) {
        console.error(error);
        failed += 1;
        console.log(`test ${name} ... FAILED`);
      }
    }
    await costs();
  } finally {
    await server.end();
    fs.rmSync(folder, { recursive: true, force: true });
  }
  console.log(`test result: ${failed ? 'FAILED' : 'ok'}. ${passed} passed; ${failed} failed; 0 ignored`);
  process.exitCode = failed ? 1 : 0;
}

main();
