// What the tests of the bridge have in common: hosts of fake clients, and renderers connected to them.

import { hostCauserie } from 'causerie/electron/host';
import { connectCauserie } from 'causerie/electron/renderer';
import { FakeClient } from './fake.mjs';
import { Place, clonePair } from './pair.mjs';

const opened = [];

/** A host of a client, and a way to it. */
export function hosting(client = new FakeClient(), pair = clonePair) {
  const { host, errors } = hostOf(client);
  return { client, host, errors, place: new Place(host, pair) };
}

/** A host alone, to put in the place of one that was killed. */
export function hostOf(client) {
  const errors = [];
  const host = hostCauserie({ open: () => client, onError: (error) => errors.push(error) });
  opened.push(host);
  return { host, errors };
}

/** A renderer. */
export async function connected(place) {
  const chat = await connectCauserie(place.connect);
  opened.push(chat);
  return chat;
}

/** Closes all that a test opened. */
export async function closeAll() {
  for (const one of opened.splice(0).reverse()) await one.close();
}
