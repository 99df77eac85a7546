// Compiles the TypeScript of the README as it stands: each block is a module, and test/readme.d.ts says
// what the app around it has.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { here, tsc } from './build.mjs';

export function readme() {
  const folder = path.join(here, 'build/readme');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const text = readFileSync(path.join(here, 'README.md'), 'utf8');
  const blocks = [...text.matchAll(/^```(tsx?)\n([\s\S]*?)^```/gm)].map(([, kind, block]) => ({ kind, block }));
  if (blocks.length === 0) throw new Error('the README has no TypeScript');
  blocks.forEach(({ kind, block }, n) => {
    writeFileSync(path.join(folder, `block${n + 1}.${kind === 'ts' ? 'mts' : 'tsx'}`), `${block}\nexport {};\n`);
  });
  writeFileSync(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../tsconfig.json',
      compilerOptions: {
        rootDir: '../..', noEmit: true, noUnusedLocals: false, target: 'esnext', lib: ['esnext'], jsx: 'react-jsx',
      },
      include: ['.', '../../test/readme.d.ts', '../../test/electron.d.ts'],
    }),
  );
  tsc('-p', path.join(folder, 'tsconfig.json'));
}
