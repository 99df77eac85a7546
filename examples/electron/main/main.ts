/**
 * The main process: windows, the page's files, and the life of the utility process that has the core.
 * It runs nothing of the chat itself.
 */
import { type Supervisor, superviseHost } from 'causerie/electron/host';
import { BrowserWindow, app, ipcMain, net, protocol, session, utilityProcess } from 'electron';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isUserId } from '../host/open.js';
import { contentPolicy } from './policy.js';

const SERVER = process.env['CAUSERIE_SERVER'] ?? 'ws://127.0.0.1:4000';
/** The page's origin. A scheme of its own, so that 'self' means these files and no other of the disk. */
const PAGE = 'causerie-app://page';
const FILES: readonly string[] = ['/index.html', '/index.js', '/index.css'];

protocol.registerSchemesAsPrivileged([{ scheme: 'causerie-app', privileges: { standard: true, secure: true } }]);

/** The utility process of who is signed in. */
let account: { readonly userId: string; readonly supervisor: Supervisor } | null = null;
/** Changes of it, one after the other. */
let changing: Promise<void> = Promise.resolve();

async function enter(userId: string): Promise<void> {
  if (account?.userId === userId) return;
  await account?.supervisor.stop();
  account = {
    userId,
    supervisor: superviseHost({
      ipcMain,
      fork: () => utilityProcess.fork(join(import.meta.dirname, 'core.js'), [userId, SERVER, join(app.getPath('userData'), 'chats')], { serviceName: 'Causerie' }),
      allow: ({ senderFrame }) => isPage(senderFrame?.url) && senderFrame?.parent === null,
      onExit: (code) => console.error(`the core ended with ${String(code)}; starting it anew`),
    }),
  };
}

function isPage(url: string | undefined): boolean {
  return url?.startsWith(`${PAGE}/`) ?? false;
}

ipcMain.handle('account:enter', (event, userId: unknown) => {
  if (!isPage(event.senderFrame?.url) || !isUserId(userId)) throw new Error('not a user');
  changing = changing.catch(() => undefined).then(() => enter(userId));
  return changing;
});

function open(): void {
  const window = new BrowserWindow({
    width: 1180,
    height: 780,
    minWidth: 420,
    minHeight: 480,
    title: 'Causerie',
    backgroundColor: '#f6f3ee',
    webPreferences: {
      preload: join(import.meta.dirname, '../preload/preload.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: true,
    },
  });
  // The page goes nowhere and opens nothing.
  window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }));
  window.webContents.on('will-navigate', (event) => event.preventDefault());
  void window.loadURL(`${PAGE}/index.html`);
}

void app.whenReady().then(() => {
  protocol.handle('causerie-app', async (request) => {
    const { pathname } = new URL(request.url);
    if (!FILES.includes(pathname)) return new Response(null, { status: 404 });
    const file = await net.fetch(pathToFileURL(join(import.meta.dirname, '../renderer', pathname)).href);
    const headers = new Headers(file.headers);
    headers.set('content-security-policy', contentPolicy());
    return new Response(file.body, { headers });
  });
  // It needs no camera, no place, no notifications.
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  open();
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) open();
  });
});

app.on('window-all-closed', () => {
  if (process.platform !== 'darwin') app.quit();
});

let leaving = false;
app.on('before-quit', (event) => {
  if (leaving || account === null) return;
  // What is on its way to the disk gets there first.
  event.preventDefault();
  leaving = true;
  void account.supervisor.stop().finally(() => app.quit());
});
