/** All that the page gets: a port to the host, and to say who signed in. */
import { exposeCauserie } from 'causerie/electron/preload';
import { contextBridge, ipcRenderer } from 'electron';

exposeCauserie({ contextBridge, ipcRenderer });
contextBridge.exposeInMainWorld('account', {
  enter: (userId: string): Promise<void> => ipcRenderer.invoke('account:enter', userId) as Promise<void>,
});
