/** What can be bundled for a browser must not import Node, however deep. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from '../harness/suite.js';

const test = suite('packages: free of Node');
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Every module that a module imports statically, with the way there, and the Node modules among them. */
function nodeImports(entry: string): string[] {
  const seen = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, name] of readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b[^'"]*?['"]([^'"]+)['"];?$/gm)) {
      const here = [...way, relative(root, file)];
      if (name!.startsWith('node:')) found.push([...here, name].join(' → '));
      else if (name!.startsWith('.')) visit(join(dirname(file), name!), here);
    }
  };
  visit(entry, []);
  assert.ok(seen.size > 5, `only ${seen.size} modules were found`);
  return found;
}

for (const entry of ['model/index.js', 'engine/engine.js', 'kernels/index.js', 'weights/index.js']) {
  test(entry, () => assert.deepEqual(nodeImports(join(root, entry)), []));
}

test.run();
