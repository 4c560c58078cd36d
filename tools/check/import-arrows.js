#!/usr/bin/env node
/**
 * Counts the import arrows between the folders of `model/`: how many folders import from how many others, and how many
 * import statements that takes. `node tools/check/import-arrows.js [--list] [ROOT]`; reads dependency-cruiser's output.
 */

import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';

const list = process.argv.includes('--list');
const root = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? '.';
const cruise = spawnSync(
  'npx',
  ['depcruise', '--no-config', '--ts-pre-compilation-deps', '--output-type', 'json', 'model'],
  {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  },
);
if (cruise.status !== 0) throw new Error(`depcruise failed: ${cruise.stderr || cruise.error}`);
const arrows = new Map();
let imports = 0;
for (const { source, dependencies } of JSON.parse(cruise.stdout).modules) {
  for (const { resolved } of dependencies) {
    const from = dirname(source);
    const to = dirname(resolved);
    if (!source.startsWith('model/') || !resolved.startsWith('model/') || from === to) continue;
    imports++;
    const arrow = `${from} → ${to}`;
    arrows.set(arrow, (arrows.get(arrow) ?? 0) + 1);
  }
}
if (list) for (const [arrow, count] of [...arrows].sort()) console.log(`${String(count).padStart(3)}  ${arrow}`);
console.log(`${arrows.size} arrows between folders of model/, by ${imports} imports`);
