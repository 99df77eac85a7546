// The host's process in the tests: a host of a fake client.

import { parentPort, workerData } from 'node:worker_threads';
import { acceptParent, hostCauserie } from 'causerie/electron/host';
import { parentPortOf } from './electron.mjs';
import { FakeClient, conversationItem } from './fake.mjs';

const client = new FakeClient();
client.conversations.set([conversationItem(`of process ${workerData.number}`)]);
acceptParent(parentPortOf(parentPort), hostCauserie({ open: () => client }));
