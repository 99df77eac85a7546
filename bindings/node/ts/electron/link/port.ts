import type { Port } from '../link.js';

/** Each platform has its own; all have `data` where it is a message. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a listener may want more than is known here
type AnyEvent = any;

/** A `MessagePort` of the web, of Node's `worker_threads`, or Electron's `MessagePortMain`. */
export interface MessagePortLike {
  postMessage(message: unknown): void;
  start?(): void;
  close(): void;
  /** Electron's, in the main and in utility processes. */
  on?(event: 'close', listener: () => void): unknown;
  on?(event: 'message', listener: (event: AnyEvent) => void): unknown;
  /** The web's and Node's. */
  addEventListener?(event: 'message' | 'close', listener: (event: AnyEvent) => void): void;
}

/** A `WebSocket` of a browser's, of Node's or of the package `ws`. */
export interface WebSocketLike {
  readonly readyState: number;
  send(text: string): void;
  close(): void;
  addEventListener(event: 'open' | 'message' | 'close' | 'error', listener: (event: AnyEvent) => void): void;
}

/**
 * A port over a message port. That the other side is gone is told by the event `close`, which Electron,
 * Node, and Chromium since 122 have.
 */
export function messagePort(port: MessagePortLike): Port {
  const box = new Letterbox();
  const take = (event: { data: unknown }) => box.put(event.data);
  const end = () => {
    if (box.end()) port.close();
  };
  if (port.addEventListener) {
    port.addEventListener('message', take);
    port.addEventListener('close', end);
  } else {
    port.on?.('message', take);
    port.on?.('close', end);
  }
  port.start?.();
  return {
    post: (message) => {
      if (box.open) port.postMessage(message);
    },
    onMessage: (listener) => box.onMessage(listener),
    onClose: (listener) => box.onClose(listener),
    close: () => {
      if (!box.open) return;
      box.shut();
      port.close();
    },
  };
}

/** A port over a web socket that is open or opening; what is said goes as JSON. */
export function webSocket(socket: WebSocketLike): Port {
  const box = new Letterbox();
  const early: string[] = [];
  const post = (text: string) => {
    if (socket.readyState === 0) early.push(text);
    else if (socket.readyState === 1) socket.send(text);
  };
  socket.addEventListener('open', () => {
    for (const text of early.splice(0)) socket.send(text);
  });
  socket.addEventListener('message', (event: { data: unknown }) => {
    let message: unknown;
    try {
      message = JSON.parse(String(event.data));
    } catch {
      // It is told as what it is, no message; the host answers so.
      message = null;
    }
    box.put(message);
  });
  socket.addEventListener('close', () => void box.end());
  // The event `close` follows; without this listener Node's sockets would throw.
  socket.addEventListener('error', () => undefined);
  return {
    post: (message) => {
      if (box.open) post(JSON.stringify(message));
    },
    onMessage: (listener) => box.onMessage(listener),
    onClose: (listener) => box.onClose(listener),
    close: () => {
      if (!box.open) return;
      box.shut();
      socket.close();
    },
  };
}

/** Keeps what came until somebody takes it. */
class Letterbox {
  open = true;
  private readonly early: unknown[] = [];
  private message: ((message: unknown) => void) | null = null;
  private closed: (() => void) | null = null;

  put(message: unknown): void {
    if (!this.open) return;
    if (this.message) this.message(message);
    else this.early.push(message);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.message = listener;
    for (const message of this.early.splice(0)) listener(message);
  }

  onClose(listener: () => void): void {
    if (this.open) this.closed = listener;
    else queueMicrotask(listener);
  }

  /** The other side is gone; whether that is news. */
  end(): boolean {
    if (!this.open) return false;
    this.open = false;
    this.closed?.();
    return true;
  }

  /** This side has enough. */
  shut(): void {
    this.open = false;
    this.early.length = 0;
  }
}
