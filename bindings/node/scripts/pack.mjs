// Packs the package and this platform's library, each as npm would publish it.
//
//     node scripts/pack.mjs --out FOLDER [--platform linux-x64-gnu]
//
// The library is causerie.<platform>.node beside package.json, which `npm run build` makes, or the one
// that CAUSERIE_LIB names. In the packed package.json, and in no other, stand the platforms' packages:
// what is built from source needs none.

import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { here, run } from './build.mjs';

const require = createRequire(import.meta.url);

/** For each platform, what npm is told of it. */
export const PLATFORMS = {
  'linux-x64-gnu': { os: ['linux'], cpu: ['x64'], libc: ['glibc'] },
  'linux-arm64-gnu': { os: ['linux'], cpu: ['arm64'], libc: ['glibc'] },
  'darwin-arm64': { os: ['darwin'], cpu: ['arm64'] },
  'darwin-x64': { os: ['darwin'], cpu: ['x64'] },
  'win32-x64-msvc': { os: ['win32'], cpu: ['x64'] },
};

const LICENCES = ['LICENSE-APACHE', 'LICENSE-MIT'];

/** In the project's folder, or beside a copy of the package. */
function licence(name) {
  const file = [path.join(here, name), path.join(here, '../..', name)].find((file) => existsSync(file));
  if (file === undefined) throw new Error(`there is no ${name}`);
  return file;
}

/** Writes both into a folder; gives their files. */
export function pack(out, platform, library) {
  const target = PLATFORMS[platform];
  if (target === undefined) throw new Error(`there is no package for ${platform}; there are: ${Object.keys(PLATFORMS).join(', ')}`);
  const manifest = JSON.parse(readFileSync(path.join(here, 'package.json'), 'utf8'));
  const { version, license, engines } = manifest;
  mkdirSync(out, { recursive: true });
  const work = mkdtempSync(path.join(tmpdir(), 'causerie-pack-'));
  try {
    const main = path.join(work, 'causerie');
    mkdirSync(main);
    for (const name of ['dist', 'README.md']) cpSync(path.join(here, name), path.join(main, name), { recursive: true });
    const names = Object.keys(PLATFORMS).map((name) => [`causerie-${name}`, version]);
    const { scripts: _, devDependencies: __, ...published } = manifest;
    write(main, { ...published, optionalDependencies: Object.fromEntries(names) });

    const own = path.join(work, `causerie-${platform}`);
    mkdirSync(own);
    copyFileSync(library, path.join(own, 'causerie.node'));
    writeFileSync(path.join(own, 'README.md'), `The native library of the package \`causerie\` for ${platform}.\n`);
    write(own, {
      name: `causerie-${platform}`,
      version,
      description: `The native library of causerie for ${platform}`,
      license,
      engines,
      ...target,
      main: 'causerie.node',
      files: ['causerie.node', 'LICENSE-*'],
    });
    for (const folder of [main, own]) {
      for (const name of LICENCES) copyFileSync(licence(name), path.join(folder, name));
      run('npm', ['pack', '--silent', '--pack-destination', path.resolve(out)], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    }
    return [`causerie-${version}.tgz`, `causerie-${platform}-${version}.tgz`].map((name) => path.join(out, name));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function write(folder, manifest) {
  writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const flag = (name) => {
    const at = process.argv.indexOf(name);
    return at < 0 ? undefined : process.argv[at + 1];
  };
  const out = flag('--out');
  if (out === undefined) throw new Error('where to: --out FOLDER');
  const platform = flag('--platform') ?? require(path.join(here, 'dist/internal/load.js')).platform();
  const library = process.env.CAUSERIE_LIB || path.join(here, `causerie.${platform}.node`);
  if (!existsSync(library)) throw new Error(`${library} is not there: npm run build`);
  for (const file of pack(out, platform, library)) console.log(file);
}
