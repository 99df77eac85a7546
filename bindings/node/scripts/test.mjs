// Builds the package and tries it against a real server.
//
//     node scripts/test.mjs [--at FOLDER --modules FOLDER] [--only NAME...]
//
// What it needs is built by cargo, unless the environment names it: CAUSERIE_LIB, the addon with the
// feature `trial`, and CAUSERIE_BIN, the binary with the feature `control`. With --at, the package is
// copied there first and nothing is written where it stands; --modules is a node_modules to be used.

import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { buildTypeScript, cargo, here, run, tsc } from './build.mjs';
import { readme } from './readme.mjs';

const OWN = ['node_modules', 'dist', 'build'];

function flag(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** Runs itself in a copy. */
function elsewhere(at, modules) {
  mkdirSync(at, { recursive: true });
  for (const name of readdirSync(at)) rmSync(path.join(at, name), { recursive: true, force: true });
  cpSync(here, at, {
    recursive: true,
    filter: (file) => !OWN.includes(path.relative(here, file)) && !/\.(node|tgz)$/.test(file),
  });
  for (const name of ['LICENSE-APACHE', 'LICENSE-MIT']) cpSync(path.join(here, '../..', name), path.join(at, name));
  if (modules !== undefined) symlinkSync(modules, path.join(at, 'node_modules'));
  const rest = process.argv.includes('--only') ? process.argv.slice(process.argv.indexOf('--only')) : [];
  run(process.execPath, [path.join(at, 'scripts/test.mjs'), ...rest], { cwd: at });
}

function test() {
  buildTypeScript();
  if (!process.env.CAUSERIE_LIB) {
    process.env.CAUSERIE_LIB = cargo(['-p', 'causerie-node', '--features', 'trial']).get('causerie_node');
  }
  if (!process.env.CAUSERIE_BIN) {
    process.env.CAUSERIE_BIN = cargo(['-p', 'causerie-cli', '--features', 'control']).get('causerie');
  }
  tsc('-p', 'test/tsconfig.json');
  readme();
  const only = process.argv.includes('--only') ? process.argv.slice(process.argv.indexOf('--only') + 1) : [];
  // Those of the bridge and of the hooks are JavaScript, as what they try is used: they stand where they are.
  const files = ['build/test', 'test/electron', 'test/react'].flatMap((folder) =>
    readdirSync(path.join(here, folder))
      .filter((name) => name.endsWith('.test.mjs'))
      .map((name) => path.join(here, folder, name))
      .filter((file) => only.length === 0 || only.some((part) => path.relative(here, file).includes(part))),
  );
  const reporter = path.join(here, 'scripts/reporter.mjs');
  run(process.execPath, ['--test', '--test-concurrency=2', `--test-reporter=${reporter}`, ...files], {
    // They panic on purpose, and say so in a line.
    env: { ...process.env, RUST_BACKTRACE: '0' },
  });
}

const at = flag('--at');
if (at === undefined) test();
else elsewhere(path.resolve(at), flag('--modules'));
