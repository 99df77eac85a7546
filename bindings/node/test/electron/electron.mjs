// What of Electron the bridge leans on, made of Node's parts after Electron's documentation: ports that
// clone what they carry, and are an EventEmitter outside of pages; a context bridge that hands over
// copies, and proxies of functions; a utility process that is a thread, and can be killed. It shows that
// the bridge keeps within what is documented; that Electron does, it cannot show.

import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import vm from 'node:vm';

const require = createRequire(import.meta.url);

/** A `MessagePortMain`. Messages wait for `start`. */
export class PortMain extends EventEmitter {
  constructor(port) {
    super();
    this.port = port;
    port.on('close', () => this.emit('close'));
  }

  start() {
    this.port.on('message', (data) => this.emit('message', { data, ports: [] }));
  }

  postMessage(message) {
    this.port.postMessage(message);
  }

  close() {
    this.port.close();
  }
}

/** What crosses a context bridge: copies, and proxies of functions. Classes and symbols do not. */
export function bridged(value) {
  if (typeof value === 'function') return (...args) => bridged(value(...args.map(bridged)));
  if (typeof value !== 'object' || value === null) return typeof value === 'symbol' ? undefined : value;
  if (Array.isArray(value)) return value.map(bridged);
  if (Object.getPrototypeOf(Object.getPrototypeOf(value) ?? {}) !== null) throw new TypeError('this does not cross the bridge');
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, bridged(inner)]));
}

/** The main process, and the pages of its windows. */
export class App {
  ipcMain = new EventEmitter();

  /** Loads a page with the preload as it is built, and gives its `window`. Nothing can be required there. */
  load(frame = { url: 'app://chat/', parent: null }) {
    const window = {};
    const ipcRenderer = {
      postMessage: (channel, message, transfer) => {
        const ports = transfer.map((port) => new PortMain(port));
        setImmediate(() => this.ipcMain.emit(channel, { ports, senderFrame: frame }));
      },
    };
    const contextBridge = {
      exposeInMainWorld: (name, api) => {
        if (Object.hasOwn(window, name)) throw new Error(`${name} is exposed already`);
        window[name] = Object.freeze(bridged(api));
      },
    };
    const file = require.resolve('causerie/electron/preload');
    const exports = {};
    const sandbox = vm.createContext({ exports, MessageChannel, require: () => { throw new Error('a sandboxed preload cannot require this'); } });
    vm.runInContext(readFileSync(file, 'utf8'), sandbox, { filename: file });
    exports.exposeCauserie({ contextBridge, ipcRenderer });
    return window;
  }
}

/** A utility process: a thread with a parent port. */
export function fork(file, workerData = {}) {
  const worker = new Worker(file, { workerData });
  const process = new EventEmitter();
  worker.on('online', () => process.emit('spawn'));
  worker.on('message', (message) => process.emit('message', message));
  worker.on('exit', (code) => process.emit('exit', code));
  worker.on('error', () => {});
  process.postMessage = (message, transfer = []) => {
    const ports = transfer.map((port) => port.port);
    worker.postMessage({ message, ports }, ports);
  };
  process.kill = () => {
    void worker.terminate();
    return true;
  };
  return process;
}

/** `process.parentPort`, in such a thread. */
export function parentPortOf(parentPort) {
  const port = new EventEmitter();
  parentPort.on('message', ({ message, ports }) => {
    port.emit('message', { data: message, ports: ports.map((one) => new PortMain(one)) });
  });
  port.postMessage = (message) => parentPort.postMessage(message);
  return port;
}
