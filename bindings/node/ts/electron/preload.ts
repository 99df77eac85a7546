/**
 * The side between: it gives a page the means to connect to the host, and nothing else. It runs in a
 * sandboxed preload, with context isolation: all that it needs of Electron is handed in, and it imports
 * nothing, so that it can be bundled into the one file that such a preload must be.
 *
 * ```ts
 * import { contextBridge, ipcRenderer } from 'electron';
 * import { exposeCauserie } from 'causerie/electron/preload';
 *
 * exposeCauserie({ contextBridge, ipcRenderer });
 * ```
 *
 * @module
 */
import type { Port } from './link.js';

/** A `MessagePort` of the web, as far as it is used here: these types stand without the DOM's. */
export interface WebPort {
  postMessage(message: unknown): void;
  addEventListener(event: 'message' | 'close', listener: (event: { readonly data: unknown }) => void): void;
  start(): void;
  close(): void;
}
declare const MessageChannel: new () => { readonly port1: WebPort; readonly port2: WebPort };

/** What of Electron is used. */
export interface PreloadElectron {
  readonly contextBridge: { exposeInMainWorld(name: string, api: unknown): void };
  readonly ipcRenderer: { postMessage(channel: string, message: unknown, transfer?: WebPort[]): void };
}

/** What a page finds as `window.causerie`. */
export interface CauserieBridge {
  /** Connects to the host; for `connectCauserie`. */
  connect(): Port;
}

/** How a page asks for a connection; the host has the same word. */
const CONNECT = 'causerie:connect';

/**
 * Lets the page connect.
 *
 * @param name what the page finds it as, on `window`. Default: `causerie`.
 */
export function exposeCauserie(electron: PreloadElectron, name = 'causerie'): void {
  const { contextBridge, ipcRenderer } = electron;
  /** A port that nobody refers to would be collected, and closed. */
  const open = new Set<WebPort>();
  const connect = (): Port => {
    const { port1: port, port2: theirs } = new MessageChannel();
    let closed: (() => void) | null = null;
    open.add(port);
    port.addEventListener('close', () => {
      if (open.delete(port)) closed?.();
    });
    ipcRenderer.postMessage(CONNECT, null, [theirs]);
    return {
      post: (message) => {
        if (open.has(port)) port.postMessage(message);
      },
      onMessage: (listener) => {
        port.addEventListener('message', ({ data }) => listener(data));
        port.start();
      },
      onClose: (listener) => {
        closed = listener;
        if (!open.has(port)) listener();
      },
      close: () => {
        open.delete(port);
        port.close();
      },
    };
  };
  // Plain functions: the bridge copies what goes through them, and the page gets no hold of the port.
  contextBridge.exposeInMainWorld(name, { connect } satisfies CauserieBridge);
}
