// Builds the package where it stands: the addon by cargo, and dist/ by tsc.
//
//     node scripts/build.mjs [--release] [--no-addon]
//
// The addon becomes causerie.<platform>.node beside package.json. With CAUSERIE_LIB, which names one that
// is built, and with --no-addon, cargo is not asked.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

/** Runs a program, and ends with it if it fails. */
export function run(program, args, options = {}) {
  const done = spawnSync(program, args, { cwd: here, stdio: 'inherit', ...options });
  if (done.error) throw new Error(`${program} cannot be run: ${done.error.message}`);
  if (done.status !== 0) process.exit(done.status ?? 1);
  return done;
}

/** Runs the compiler that is installed here. */
export function tsc(...args) {
  run(process.execPath, [require.resolve('typescript/bin/tsc'), ...args]);
}

/** The files that cargo made, by the names of their targets. */
export function cargo(args) {
  const done = run('cargo', ['build', '--locked', '--message-format=json-render-diagnostics', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
  });
  const made = new Map();
  for (const line of done.stdout.toString().split('\n').filter(Boolean)) {
    const message = JSON.parse(line);
    if (message.reason !== 'compiler-artifact') continue;
    const files = message.executable ? [message.executable] : message.filenames;
    for (const file of files) if (/\.(so|dylib|dll)$|causerie(\.exe)?$/.test(file)) made.set(message.target.name, file);
  }
  return made;
}

/** The addon from source. */
export function buildAddon(args = []) {
  const library = cargo(['-p', 'causerie-node', ...args]).get('causerie_node');
  const { platform } = require(path.join(here, 'dist/internal/load.js'));
  const target = path.join(here, `causerie.${platform()}.node`);
  // Not over one that a process has loaded.
  rmSync(target, { force: true });
  copyFileSync(library, target);
  console.log(`built ${path.relative(here, target)}`);
}

/** dist/: CommonJS, its types, and for each entry what ES modules import, which is the same instance. */
export function buildTypeScript() {
  rmSync(path.join(here, 'dist'), { recursive: true, force: true });
  tsc('-p', 'tsconfig.json');
  const { exports } = JSON.parse(readFileSync(path.join(here, 'package.json'), 'utf8'));
  for (const entry of Object.values(exports)) {
    if (typeof entry === 'string') continue;
    const module = path.join(here, entry.import.default);
    const name = path.basename(entry.require.default);
    if (!existsSync(path.join(here, entry.require.default))) throw new Error(`${entry.require.default} was not built`);
    writeFileSync(module, `export * from './${name}';\n`);
    writeFileSync(path.join(here, entry.import.types), `export * from './${name}';\n`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  buildTypeScript();
  if (!process.argv.includes('--no-addon') && !process.env.CAUSERIE_LIB) {
    buildAddon(process.argv.includes('--release') ? ['--release'] : []);
  }
}
