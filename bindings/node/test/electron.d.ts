// What the README's lines use of Electron, as its own `electron.d.ts` has it, and what the page has.
declare module 'electron' {
  interface MessagePortMain {
    on(event: 'close', listener: () => void): this;
    on(event: 'message', listener: (event: { data: any; ports: MessagePortMain[] }) => void): this;
    postMessage(message: any, transfer?: MessagePortMain[]): void;
    start(): void;
    close(): void;
  }
  interface IpcMainEvent {
    ports: MessagePortMain[];
    readonly senderFrame: { readonly url: string; readonly parent: object | null } | null;
  }
  interface UtilityProcess {
    on(event: 'exit', listener: (code: number) => void): this;
    on(event: 'message', listener: (message: any) => void): this;
    on(event: 'spawn', listener: () => void): this;
    postMessage(message: any, transfer?: MessagePortMain[]): void;
    kill(): boolean;
  }
  interface ParentPort {
    on(event: 'message', listener: (event: { data: any; ports: MessagePortMain[] }) => void): this;
    postMessage(message: any): void;
  }
  const app: { whenReady(): Promise<void>; getPath(name: 'userData'): string; getAppPath(): string };
  const contextBridge: { exposeInMainWorld(key: string, api: any): void };
  const ipcMain: {
    on(channel: string, listener: (event: IpcMainEvent, ...args: any[]) => void): unknown;
    removeListener(channel: string, listener: (...args: any[]) => void): unknown;
  };
  const ipcRenderer: { postMessage(channel: string, message: any, transfer?: any[]): void };
  const utilityProcess: { fork(path: string, args?: string[]): UtilityProcess };
  class BrowserWindow {
    constructor(options: { webPreferences: { preload: string; sandbox: boolean; contextIsolation: boolean } });
    loadFile(path: string): Promise<void>;
  }
}

declare module 'react-dom/client' {
  function createRoot(element: object): { render(children: import('react').ReactNode): void };
}

declare namespace NodeJS {
  interface Process {
    parentPort: import('electron').ParentPort;
  }
}

declare const causerie: import('causerie/electron/preload').CauserieBridge;
declare const main: object;
