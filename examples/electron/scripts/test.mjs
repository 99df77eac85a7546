// Builds the app and tries it: the real addon, a real server, and Chromium.
//
//     node scripts/test.mjs [--at FOLDER --modules FOLDER --causerie FOLDER] [--only NAME...]
//
// CAUSERIE_BIN names the program causerie, built with the feature `control`, and CAUSERIE_LIB the addon, if
// it does not lie in the package. With --at, the app is copied there first and nothing is written where it
// stands; --modules is a node_modules to be used, and --causerie the built package.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';

const here = path.join(import.meta.dirname, '..');
const REPORTER = path.join(here, '../../bindings/node/scripts/reporter.mjs');
const OWN = ['node_modules', 'dist', 'shots'];

function flag(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : path.resolve(process.argv[at + 1]);
}

/** The app somewhere else, with the package in the place where npm would link it. */
function copied(at, modules, causerie) {
  rmSync(at, { recursive: true, force: true });
  cpSync(here, at, { recursive: true, filter: (file) => !OWN.includes(path.relative(here, file)) });
  mkdirSync(path.join(at, 'node_modules'));
  for (const name of readdirSync(modules)) {
    if (name !== 'causerie') symlinkSync(path.join(modules, name), path.join(at, 'node_modules', name));
  }
  symlinkSync(causerie, path.join(at, 'node_modules/causerie'));
  return at;
}

function run(cwd, ...args) {
  const done = spawnSync(process.execPath, args, { cwd, stdio: 'inherit' });
  if (done.error) throw new Error(`node cannot be run: ${done.error.message}`);
  if (done.status !== 0) process.exit(done.status ?? 1);
}

const at = flag('--at');
const folder = at === undefined ? here : copied(at, flag('--modules'), flag('--causerie'));
run(folder, path.join(folder, 'node_modules/typescript/bin/tsc'), '--noEmit');
run(folder, path.join(folder, 'scripts/build.mjs'));
const only = process.argv.includes('--only') ? process.argv.slice(process.argv.indexOf('--only') + 1) : [''];
const tests = readdirSync(path.join(folder, 'dist/test'))
  .filter((name) => name.endsWith('.test.js') && only.some((part) => name.includes(part)))
  .map((name) => path.join(folder, 'dist/test', name));
run(folder, '--test', '--test-concurrency=1', `--test-reporter=${REPORTER}`, ...tests);
