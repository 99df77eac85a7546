import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, test } from 'node:test';
import { World } from './world.mjs';

const world = await World.begin();
const require = createRequire(import.meta.url);
const root = path.dirname(require.resolve('causerie/package.json'));
const work = mkdtempSync(path.join(world.folder, 'package-'));
after(() => rmSync(work, { recursive: true, force: true }));

/** A machine that has Node, npm and a shell, and no Rust: nothing else is on its PATH. */
function bare(): NodeJS.ProcessEnv {
  const bin = path.join(work, 'bin');
  mkdirSync(bin, { recursive: true });
  const find = (name: string): string => spawnSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
  for (const name of ['node', 'npm', 'sh', 'env']) {
    try {
      symlinkSync(name === 'node' ? process.execPath : find(name), path.join(bin, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  const { CAUSERIE_LIB: _, CAUSERIE_BIN: __, NODE_TEST_CONTEXT: ___, ...rest } = process.env;
  return { ...rest, PATH: bin };
}

function run(program: string, args: readonly string[], folder: string, env = bare()): { status: number | null; text: string } {
  const done = spawnSync(program, args, { cwd: folder, env, encoding: 'utf8' });
  assert.equal(done.error, undefined);
  return { status: done.status, text: `${done.stdout}${done.stderr}` };
}

function packed(): string[] {
  const out = path.join(work, 'out');
  const { status, text } = run('node', [path.join(root, 'scripts/pack.mjs'), '--out', out], root, {
    ...bare(),
    CAUSERIE_LIB: process.env['CAUSERIE_LIB'],
  });
  assert.equal(status, 0, text);
  return text.trim().split('\n').slice(-2);
}

/** An empty project with these packages, and nothing from elsewhere. */
function project(name: string, packages: readonly string[]): string {
  const folder = path.join(work, name);
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const install = run('npm', ['install', '--offline', '--no-audit', '--no-fund', ...packages], folder);
  assert.equal(install.status, 0, install.text);
  return folder;
}

test('what is packed installs into an empty project without Rust, and sends a message by ES modules and by CommonJS', async () => {
  assert.equal(spawnSync('cargo', ['--version'], { env: bare() }).error !== undefined, true, 'Rust is on the PATH');
  const folder = project('whole', packed());
  const body = `const [url, dir, token] = process.argv.slice(2);
    const main = async () => {
      const chat = await Causerie.open({ url, user: 'alice', dir, token: () => token });
      await chat.start();
      const conv = await chat.openDirect('bob');
      const key = await conv.send('from an empty project');
      console.log((await chat.outbox.settled(key)).kind);
      await chat.close();
    };
    main();`;
  writeFileSync(path.join(folder, 'sends.mjs'), `import { Causerie } from 'causerie';\n${body}`);
  writeFileSync(path.join(folder, 'sends.cjs'), `const { Causerie } = require('causerie');\n${body}`);
  const token = await world.token({ userId: 'alice' });
  for (const name of ['sends.mjs', 'sends.cjs']) {
    const sent = run('node', [name, world.url, path.join(work, name), token], folder);
    assert.equal(sent.text.trim(), 'sent');
    assert.equal(sent.status, 0);
  }
  // Both are one instance.
  writeFileSync(path.join(folder, 'same.mjs'), `import { Causerie } from 'causerie'; import { createRequire } from 'node:module';
    console.log(Causerie === createRequire(import.meta.url)('causerie').Causerie);`);
  assert.equal(run('node', ['same.mjs'], folder).text.trim(), 'true');
});

test('its types hold in a strict project of either kind, without types of Node', () => {
  const folder = project('types', packed().slice(0, 1));
  const lines = `import { Causerie, isCauserieError, type TimelineState } from 'causerie';
    import { hostCauserie, type Host } from 'causerie/electron/host';
    import { exposeCauserie, type PreloadElectron } from 'causerie/electron/preload';
    import { connectCauserie, webSocket, type RendererClient } from 'causerie/electron/renderer';
    export const host = (): Host => hostCauserie({ open: () => Causerie.open({ url: '', user: '', dir: '', token: () => '' }) });
    export const preload = (electron: PreloadElectron): void => exposeCauserie(electron);
    export const chat = (): Promise<RendererClient> => connectCauserie(() => webSocket(new WebSocket('ws://localhost')));
    export async function first(): Promise<TimelineState | number | null> {
      try {
        const chat = await Causerie.open({ url: 'ws://localhost', user: 'a', dir: 'a', token: () => 'x' });
        const timeline = await chat.conversation('x').timeline();
        for await (const state of timeline.state) return state;
      } catch (error) {
        if (isCauserieError(error)) return error.retryAfter;
      }
      return null;
    }`;
  writeFileSync(path.join(folder, 'a.mts'), lines);
  writeFileSync(path.join(folder, 'b.cts'), lines);
  const options = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true, module: 'node16', target: 'es2022', lib: ['es2022', 'dom'], types: [] };
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['a.mts', 'b.cts'] }));
  const tsc = run(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', '.'], folder);
  assert.equal(tsc.status, 0, tsc.text);
});

test('what is not there, of another version or no library is said, and what to do', () => {
  const [main = ''] = packed();
  const folder = project('without', [main]);
  const installed = path.join(folder, 'node_modules/causerie');
  const tried = (env = bare()): { code: string; message: string } => {
    const open = `require('causerie').Causerie.open({ url: 'ws://localhost', user: 'a', dir: 'a', token: () => 'x' })
      .catch(({ code, message, action }) => console.log(JSON.stringify({ code, message, action })))`;
    return JSON.parse(run('node', ['-e', open], folder, env).text) as { code: string; message: string };
  };
  const none = tried();
  assert.equal(none.code, 'no_library');
  for (const word of ['causerie-', '--no-optional', 'npm run build', 'CAUSERIE_LIB', installed]) assert.ok(none.message.includes(word), none.message);

  const named = tried({ ...bare(), CAUSERIE_LIB: path.join(folder, 'nothing.so') });
  assert.ok(named.code === 'no_library' && named.message.includes('nothing.so'), named.message);
  const broken = tried({ ...bare(), CAUSERIE_LIB: path.join(folder, 'package.json') });
  assert.ok(broken.code === 'no_library' && broken.message.includes('cannot be loaded'), broken.message);

  copyFileSync(process.env['CAUSERIE_LIB'] ?? '', path.join(folder, 'causerie.node'));
  const manifest = JSON.parse(readFileSync(path.join(installed, 'package.json'), 'utf8')) as { version: string };
  writeFileSync(path.join(installed, 'package.json'), JSON.stringify({ ...manifest, version: '99.0.0' }));
  const other = tried({ ...bare(), CAUSERIE_LIB: path.join(folder, 'causerie.node') });
  assert.ok(other.code === 'other_library' && other.message.includes('99.0.0'), other.message);
});
