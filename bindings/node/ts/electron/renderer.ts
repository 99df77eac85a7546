/**
 * The side that shows: a page without Node and without Electron, which has a {@link RendererClient} as
 * if the core were in it.
 *
 * ```ts
 * const chat = await connectCauserie(window.causerie.connect);
 * for await (const list of chat.conversations) render(list);
 * ```
 *
 * A page that is reloaded connects anew. When the host is replaced, the states keep what they had, and
 * go on with what the new host has; calls that it had not answered are made again if that does no harm,
 * and otherwise reject with `interrupted`: whether such a write was taken, the outbox and the timeline
 * tell. `send` never sends twice by itself.
 *
 * There is one client for all windows: what one does to it, such as `stop` or `signOut`, holds for all.
 * States of one conversation or one user are followed while somebody watches them, and those of a
 * conversation while a timeline of it is open; `current` is what was known last. Where events were
 * missed since the host was replaced, there is a `missed` with 0: nobody knows how many.
 *
 * @module
 */
import type { CallOptions } from '../api.js';
import { RemoteClient, type RendererClient } from './renderer/client.js';
import type { Connect } from './renderer/wire.js';

export type * from '../api.js';
export type { Port } from './link.js';
export type { CauserieBridge } from './preload.js';
export { applyUpdate } from '../apply.js';
export { isCauserieError } from '../error.js';
export { messagePort, webSocket, type MessagePortLike, type WebSocketLike } from './link/port.js';
export type { RendererClient } from './renderer/client.js';
export type { Connect, LinkState } from './renderer/wire.js';

/**
 * Connects to the host, and stays connected. Resolves when the states are there: `current` is what the
 * host has from then on. While no host answers, it goes on trying.
 *
 * `close` of what it gives ends this side alone; the host's client goes on.
 *
 * @param connect makes a port to the host: the preload's, or one over a web socket.
 * @throws CauserieError what the host's client could not be opened for; `other_version` if this page and
 *   the host are of different versions of this package. `signal.reason` if it is aborted.
 */
export async function connectCauserie(connect: Connect, options: CallOptions = {}): Promise<RendererClient> {
  const client = new RemoteClient(connect);
  await client.open(options);
  return client;
}
