// Writes ts/internal/addon.ts: what the addon exports, as its Rust source says.
//
//     node scripts/types.mjs [--check] [-- what cargo is told]
//
// napi's macros leave what they export as lines of JSON in a folder while they are compiled; here
// those become TypeScript. With --check nothing is written, and a difference is an error.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const target = path.join(here, 'ts/internal/addon.ts');
const head = `// Written by scripts/types.mjs from the Rust sources. Not to be edited.
/* eslint-disable */
`;

/** Has the macros leave their lines, in a folder of their own. */
function lines() {
  const folder = mkdtempSync(path.join(tmpdir(), 'causerie-types-'));
  try {
    // What is not compiled anew leaves nothing.
    const now = new Date();
    for (const lib of ['src/lib.rs', '../border/src/lib.rs']) utimesSync(path.join(here, lib), now, now);
    const rest = process.argv.indexOf('--');
    const words = rest < 0 ? ['build', '--locked', '-p', 'causerie-node'] : process.argv.slice(rest + 1);
    const build = spawnSync('cargo', words, {
      cwd: here,
      env: { ...process.env, NAPI_TYPE_DEF_TMP_FOLDER: folder },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (build.status !== 0) throw new Error(`cargo ${words.join(' ')} failed`);
    return readdirSync(folder).sort().flatMap((name) =>
      readFileSync(path.join(folder, name), 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const indent = (text, by = '  ') => text.split('\n').map((line) => (line.trim() ? by + line : '')).join('\n');
const tidy = (def) => def.split('\n').map((line) => line.replace(/^ +(?=[a-z])/, '')).join('\n');

function written(entries) {
  const blocks = [];
  const statics = [];
  const functions = [];
  const classes = new Map();
  for (const { kind, name, js_doc: doc, def } of entries) {
    if (kind === 'struct') classes.set(name, { doc, members: '' });
    else if (kind === 'impl') classes.get(name).members += `${tidy(def)}\n`;
    else if (kind === 'interface') blocks.push([name, `${doc}export interface ${name} {\n${indent(def)}\n}\n`]);
    else if (kind === 'string_enum') {
      const words = [...def.matchAll(/= ('[a-z_]+')/g)].map(([, word]) => word);
      blocks.push([name, `${doc}export type ${name} = ${words.join(' | ')};\n`]);
    } else if (kind === 'fn') {
      // Those of the feature \`trial\` are no part of it.
      if (!name.startsWith('trial')) functions.push(`${doc}${def.replace(/^function /, '')}`);
    } else throw new Error(`a new kind: ${kind}`);
  }
  for (const [name, { doc, members }] of classes) {
    const own = [];
    const ofClass = [];
    let comment = [];
    for (const line of members.trim().split('\n').filter((line) => line.trim())) {
      if (/^(\/\*\*| \*)/.test(line)) comment.push(line);
      else {
        const isStatic = line.startsWith('static ');
        (isStatic ? ofClass : own).push(...comment, line.replace(/^static /, ''));
        comment = [];
      }
    }
    blocks.push([name, `${doc}export interface ${name} {\n${indent(own.join('\n'))}\n}\n`]);
    if (ofClass.length > 0) statics.push(`${name}: {\n${indent(ofClass.join('\n'))}\n}`);
  }
  blocks.sort(([a], [b]) => (a < b ? -1 : 1));
  const addon = indent([...statics.sort(), ...functions.sort()].join('\n'));
  const all = `${head}\n${blocks.map(([, block]) => block).join('\n')}\n/** The whole of it. */\nexport interface Addon {\n${addon}\n}\n`;
  return all
    .replaceAll('/** r" ', '/** ')
    .replaceAll('Promise<undefined>', 'Promise<void>')
    // What is given is null where there is nothing; what is taken may be either.
    .replaceAll('| undefined | null>', '| null>');
}

const text = written(lines());
if (/bigint/i.test(text.replace(/\/\*[\s\S]*?\*\//g, ''))) throw new Error('a bigint crosses');
if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (readFileSync(target, 'utf8') !== text) {
  console.error(`${target} is not what the Rust sources say: node scripts/types.mjs`);
  process.exit(1);
}
