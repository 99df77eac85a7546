import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignInRequired, type TokenProvider } from 'causerie';
import { soon, until, World } from './world.mjs';

const world = await World.begin();

test('a token provider that throws at once or later, gives no promise or no string, is asked again', async (t) => {
  let asked = 0;
  const token = ((request) => {
    asked += 1;
    if (asked === 1) throw new Error('thrown at once');
    if (asked === 2) return Promise.reject(new Error('thrown later'));
    if (asked === 3) return undefined as never;
    return world.token(request);
  }) satisfies TokenProvider;
  const client = await world.open(t, 'alice', { token });
  await client.start();
  await until(client.connection, ({ kind }) => kind === 'live');
  assert.equal(asked, 4);
});

test('of what a provider throws only the type is told', async (t) => {
  let asked = 0;
  const token: TokenProvider = (request) => {
    asked += 1;
    if (asked > 1) return world.token(request);
    throw new RangeError('Bearer a-secret-token was refused');
  };
  const client = await world.open(t, 'bob', { token });
  const waiting = until(client.connection, ({ kind }) => kind === 'waiting');
  await client.start();
  const state = await waiting;
  assert.ok(state.kind === 'waiting' && state.reason.includes('RangeError'), JSON.stringify(state));
  assert.ok(!state.reason.includes('a-secret-token'), state.reason);
  await until(client.connection, ({ kind }) => kind === 'live');
});

test('a provider that gives a string and no promise is as good', async (t) => {
  const given = await world.token({ userId: 'carol' });
  const client = await world.open(t, 'carol', { token: () => given });
  await client.start();
  await until(client.connection, ({ kind }) => kind === 'live');
});

test('a provider that says sign-in is not asked again until start', async (t) => {
  let [asked, signedIn] = [0, false];
  const token: TokenProvider = async (request) => {
    asked += 1;
    if (signedIn) return world.token(request);
    throw new SignInRequired('the session is over');
  };
  const client = await world.open(t, 'dave', { token });
  await client.start();
  const state = await until(client.connection, ({ kind }) => kind === 'signInNeeded');
  assert.deepEqual(state, { kind: 'signInNeeded', reason: 'the session is over' });
  const key = await (await client.openDirect('erin')).send('kept until one signs in');

  // How much time is long enough says another provider, which has no token for now and is asked again.
  let meanwhile = 0;
  const other = await world.open(t, 'victor', {
    token: (request) => {
      meanwhile += 1;
      if (meanwhile <= 3) throw new Error('the backend is away');
      return world.token(request);
    },
  });
  await other.start();
  await until(other.connection, ({ kind }) => kind === 'live');
  assert.equal(asked, 1);

  signedIn = true;
  await client.start();
  await until(client.connection, ({ kind }) => kind === 'live');
  assert.equal(asked, 2);
  assert.equal((await soon(client.outbox.settled(key))).kind, 'sent');
});
