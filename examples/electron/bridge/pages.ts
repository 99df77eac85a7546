import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { contentPolicy } from '../main/policy.js';

const RENDERER = join(import.meta.dirname, '../renderer');
const FILES: Readonly<Record<string, readonly [name: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/index.js': ['index.js', 'text/javascript; charset=utf-8'],
  '/index.css': ['index.css', 'text/css; charset=utf-8'],
};

/** Serves the renderer's three files, and nothing else. */
export function pages(origin: () => string): RequestListener {
  return (request, response) => {
    const url = new URL(request.url ?? '/', origin());
    const file = FILES[url.pathname];
    if (request.headers.host !== url.host) return void response.writeHead(421).end();
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end();
    if (file === undefined) return void response.writeHead(404).end();
    readFile(join(RENDERER, file[0])).then(
      (body) => response.writeHead(200, {
        'content-type': file[1],
        'content-security-policy': contentPolicy(`ws://${url.host}`),
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      }).end(request.method === 'HEAD' ? undefined : body),
      () => response.writeHead(500).end('run npm run build first'),
    );
  };
}
