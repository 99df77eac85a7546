import type { Host } from '../host.js';
import { report } from '../../internal/report.js';
import { type MessagePortLike, messagePort } from '../link/port.js';

/** How a page asks for a connection; the preload has the same word. */
const CONNECT = 'causerie:connect';
/** How the main process has the host's process end. */
const END = 'causerie:end';

/** What of Electron's `IpcMainEvent` counts here. */
export interface ConnectEvent {
  readonly ports: readonly MessagePortLike[];
  /** The frame that asks; `parent` is null for a window's own page. */
  readonly senderFrame: { readonly url: string; readonly parent: unknown } | null;
}

/** What of Electron's `ipcMain` is used. */
export interface IpcMainLike {
  on(channel: string, listener: (event: ConnectEvent) => void): unknown;
  removeListener(channel: string, listener: (event: ConnectEvent) => void): unknown;
}

/** What of `process.parentPort` is used, in a utility process of Electron's. */
export interface ParentPortLike {
  on(event: 'message', listener: (event: { data: unknown; ports: readonly MessagePortLike[] }) => void): unknown;
  postMessage(message: unknown): void;
}

/** What of Electron's `UtilityProcess` is used. */
export interface HostProcess {
  postMessage(message: unknown, transfer?: MessagePortLike[]): void;
  on(event: 'spawn', listener: () => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  kill(): boolean;
}

/** Which pages are served. */
export interface AcceptOptions {
  /**
   * Whether a page is served. Default: every window's own page that has the preload, and no frame within
   * one. An app that shows pages of others' checks `senderFrame.url`, too.
   */
  allow?: ((event: ConnectEvent) => boolean) | undefined;
}

/** How the host's process is kept. */
export interface SuperviseOptions extends AcceptOptions {
  ipcMain: IpcMainLike;
  /** Starts the process: `() => utilityProcess.fork(path)`. */
  fork(): HostProcess;
  /** Told that it ended, with its exit code, before it is started anew. */
  onExit?: ((code: number) => void) | undefined;
  /** How long it may take to end, in milliseconds, before it is killed. Default: 5,000. */
  grace?: number | undefined;
}

/** The host's process, as long as it is wanted. */
export interface Supervisor {
  /** Has the host close its client, and ends its process. */
  stop(): Promise<void>;
}

/** Serves the windows of this process. Returns what ends that, for new windows. */
export function acceptWindows(ipcMain: IpcMainLike, host: Host, options: AcceptOptions = {}): () => void {
  return listen(ipcMain, options, (port) => host.accept(messagePort(port)));
}

/** Serves, in a utility process, the windows whose ports the main process hands over. */
export function acceptParent(parent: ParentPortLike, host: Host): void {
  parent.on('message', ({ data, ports }) => {
    if (data === CONNECT) for (const port of ports) host.accept(messagePort(port));
    if (data === END) {
      const ended = (): void => parent.postMessage(END);
      host.close().then(ended, ended);
    }
  });
}

/**
 * Keeps a utility process with the host, in the main process: hands every window's port over to it, and
 * starts it anew when it ends. Windows reconnect by themselves.
 */
export function superviseHost(options: SuperviseOptions): Supervisor {
  const { fork, grace = 5_000, onExit } = options;
  /** Ports that came while there was no process to take them. */
  const waiting: MessagePortLike[] = [];
  let child: HostProcess | null = null;
  let ready = false;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let stopping: (() => void) | null = null;

  const again = (): void => {
    failures += 1;
    timer = setTimeout(spawn, Math.min(PAUSE * 2 ** (failures - 1), LONGEST_PAUSE));
  };
  const spawn = (): void => {
    let process: HostProcess;
    try {
      process = fork();
    } catch (thrown) {
      report('fork', thrown);
      return again();
    }
    child = process;
    process.on('spawn', () => {
      ready = true;
      for (const port of waiting.splice(0)) process.postMessage(CONNECT, [port]);
      timer = setTimeout(() => (failures = 0), STEADY);
      timer.unref?.();
    });
    process.on('message', (message) => {
      if (message === END) process.kill();
    });
    process.on('exit', (code) => {
      clearTimeout(timer);
      child = null;
      ready = false;
      if (stopping) return stopping();
      onExit?.(code);
      again();
    });
  };
  const ignore = listen(options.ipcMain, options, (port) => {
    if (child && ready) child.postMessage(CONNECT, [port]);
    else waiting.push(port);
  });
  spawn();

  return {
    stop: () =>
      new Promise((resolve) => {
        ignore();
        clearTimeout(timer);
        for (const port of waiting.splice(0)) port.close();
        if (!child) return resolve();
        const process = child;
        const late = setTimeout(() => process.kill(), grace);
        stopping = () => {
          clearTimeout(late);
          resolve();
        };
        process.postMessage(END);
      }),
  };
}

/** Until a process that ended is started anew: the first time, at most, and how long it runs to count as well. */
const PAUSE = 50;
const LONGEST_PAUSE = 10_000;
const STEADY = 30_000;

function listen(ipcMain: IpcMainLike, options: AcceptOptions, take: (port: MessagePortLike) => void): () => void {
  const { allow = (event: ConnectEvent) => event.senderFrame !== null && event.senderFrame.parent === null } = options;
  const listener = (event: ConnectEvent): void => {
    const [port] = event.ports;
    if (!port) return;
    if (allow(event)) take(port);
    else port.close();
  };
  ipcMain.on(CONNECT, listener);
  return () => void ipcMain.removeListener(CONNECT, listener);
}
