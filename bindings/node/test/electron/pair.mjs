// Ports to test with. Electron is not among the tests' tools: its ports are stood in for by Node's, which
// clone what they carry by the same algorithm; a pair over JSON stands in for a web socket.

import { MessageChannel } from 'node:worker_threads';
import { messagePort } from 'causerie/electron/host';

/** Two ends that clone what goes between them. */
export function clonePair() {
  const { port1, port2 } = new MessageChannel();
  return [messagePort(port1), messagePort(port2)];
}

/** Two ends that write what goes between them as JSON. */
export function jsonPair() {
  const ends = [0, 1].map(() => ({ open: true, take: null, early: [], closed: null }));
  const end = (side) => {
    if (!side.open) return;
    side.open = false;
    side.closed?.();
  };
  const port = (mine, theirs) => ({
    post: (message) => {
      if (!mine.open) return;
      const text = JSON.stringify(message);
      queueMicrotask(() => {
        if (!theirs.open) return;
        const value = JSON.parse(text);
        if (theirs.take) theirs.take(value);
        else theirs.early.push(value);
      });
    },
    onMessage: (listener) => {
      mine.take = listener;
      for (const message of mine.early.splice(0)) listener(message);
    },
    onClose: (listener) => (mine.closed = listener),
    close: () => {
      mine.open = false;
      queueMicrotask(() => end(theirs));
    },
    /** It breaks, and both sides are told. */
    cut: () => {
      end(mine);
      end(theirs);
    },
  });
  return [port(ends[0], ends[1]), port(ends[1], ends[0])];
}

/** How long something may take that has to come, in milliseconds. */
const PATIENCE = 8_000;

/** Resolves once it holds; each turn takes its time by `turn`. */
export async function until(holds, turn = (next) => next()) {
  const late = performance.now() + PATIENCE;
  while (!holds()) {
    if (performance.now() > late) throw new Error(`waited in vain: ${holds}`);
    await turn(() => new Promise((resolve) => setImmediate(resolve)));
  }
}

/** A place where renderers find a host, which can be replaced. */
export class Place {
  links = [];

  constructor(host, pair = clonePair) {
    this.host = host;
    this.pair = pair;
  }

  connect = () => {
    if (!this.host) throw new Error('nobody is there');
    const [theirs, ours] = this.pair();
    this.host.accept(ours);
    this.links.push({ theirs, ours });
    return theirs;
  };

  /** The host's process is killed: its ports close, and it says nothing. */
  kill() {
    for (const { ours } of this.links.splice(0)) ours.close();
    this.host = null;
  }
}
