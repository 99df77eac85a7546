/** Bundles the app into dist/: `node scripts/build.mjs`. The addon and Electron stay outside of the bundles. */
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const here = join(import.meta.dirname, '..');
const out = join(here, 'dist');
rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, 'renderer'), { recursive: true });

const common = { absWorkingDir: here, bundle: true, sourcemap: true, logLevel: 'warning', legalComments: 'none' };
const node = { ...common, platform: 'node', target: 'node20', format: 'esm', external: ['electron', 'causerie', 'causerie/*', 'playwright-core', 'axe-core', 'ws'] };
const page = {
  ...common,
  platform: 'browser',
  target: 'chrome130',
  format: 'esm',
  minify: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  // One React: the app's, also where causerie/react asks for it.
  alias: { react: join(here, 'node_modules/react'), 'react-dom': join(here, 'node_modules/react-dom') },
};
const tests = readdirSync(join(here, 'test')).filter((name) => name.endsWith('.ts'));

await Promise.all([
  build({ ...node, entryPoints: ['main/main.ts', 'main/core.ts'], outdir: 'dist/main' }),
  // A sandboxed preload is one CommonJS file.
  build({ ...common, platform: 'node', format: 'cjs', target: 'chrome130', external: ['electron'], entryPoints: ['preload/preload.ts'], outfile: 'dist/preload/preload.cjs' }),
  build({ ...node, entryPoints: ['bridge/bridge.ts'], outdir: 'dist/bridge' }),
  build({ ...page, entryPoints: ['renderer/index.tsx'], outdir: 'dist/renderer' }),
  build({ ...page, entryPoints: ['test/page/index.tsx'], outdir: 'dist/test/page' }),
  build({ ...node, entryPoints: tests.map((name) => `test/${name}`), outdir: 'dist/test' }),
]);
cpSync(join(here, 'renderer/index.html'), join(out, 'renderer/index.html'));
cpSync(join(here, 'renderer/index.html'), join(out, 'test/page/index.html'));
