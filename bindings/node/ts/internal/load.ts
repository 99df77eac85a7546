import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { failure, mistake } from '../error.js';
import type { Addon } from './addon.js';

/** The package's folder: this file is dist/internal/load.js in it. */
const root = path.dirname(path.dirname(__dirname));

let loaded: Addon | undefined;

/**
 * The addon, loaded when it is first needed.
 *
 * @throws CauserieError `no_library` if it is not there, and `other_library` if it is of another
 * version: the message says where it was looked for and what to do.
 */
export function addon(): Addon {
  loaded ??= load();
  return loaded;
}

/** What this machine is, as the platforms' packages name it. */
export function platform(): string {
  const name = `${process.platform}-${process.arch}`;
  if (process.platform === 'win32') return `${name}-msvc`;
  if (process.platform !== 'linux') return name;
  return `${name}-${glibc() ? 'gnu' : 'musl'}`;
}

function glibc(): boolean {
  const { report } = process as { report?: { excludeNetwork?: boolean; getReport(): unknown } };
  if (report === undefined) return true;
  const before = report.excludeNetwork;
  // Otherwise it looks up the names of all addresses.
  report.excludeNetwork = true;
  const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
  if (before !== undefined) report.excludeNetwork = before;
  return header.glibcVersionRuntime !== undefined;
}

/** Where it may be, the first that is there being it. */
function places(): string[] {
  const given = process.env['CAUSERIE_LIB'];
  if (given !== undefined && given !== '') return [path.resolve(given)];
  const name = platform();
  const built = path.join(root, `causerie.${name}.node`);
  try {
    return [built, require.resolve(`causerie-${name}/causerie.node`)];
  } catch {
    return [built, path.join(root, 'node_modules', `causerie-${name}`, 'causerie.node')];
  }
}

function load(): Addon {
  const looked = places();
  const file = looked.find((place) => existsSync(place));
  const platformPackage = `causerie-${platform()}`;
  if (file === undefined) {
    throw failure(
      mistake(
        'no_library',
        `the native library is not there. Looked for: ${looked.join(', ')}. ` +
          `It comes with the package ${platformPackage}, if there is one for this platform: install without ` +
          '--no-optional. Or build it from source (npm run build, with Rust), or name it in CAUSERIE_LIB.',
      ),
    );
  }
  const holder: { exports: Partial<Addon> } = { exports: {} };
  try {
    process.dlopen(holder, file);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw failure(mistake('no_library', `the native library ${file} cannot be loaded: ${problem}`));
  }
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  let has = 'an unknown version';
  try {
    has = holder.exports.version?.() ?? has;
  } catch {
    // It is not one of ours.
  }
  if (has !== version) {
    throw failure(
      mistake('other_library', `the native library ${file} is of ${has}, and this package of ${version}: install both anew`),
    );
  }
  return holder.exports as Addon;
}
