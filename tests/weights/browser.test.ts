/** What the room's index imports, directly and through others: a bundler for the browser must find no Node module there. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite } from '../harness/suite.js';

const test = suite('weights/index in the browser');

/** Packages that run in a browser. */
const PACKAGES = ['fastest-levenshtein', 'zod'];

test('no module behind the index imports Node or a package that needs it', () => {
  const found = new Set<string>();
  const visit = (module: URL): void => {
    if (found.has(module.href)) return;
    found.add(module.href);
    const code = readFileSync(module, 'utf8');
    for (const [, name] of code.matchAll(/^(?:import|export)\s(?:[^'";=]*\sfrom\s)?'([^']+)';/gm)) {
      if (name!.startsWith('.')) visit(new URL(name!, module));
      else assert.ok(PACKAGES.includes(name!), `${module.pathname} imports ${name}`);
    }
  };
  visit(new URL('../../weights/index.js', import.meta.url));
  assert.ok(found.size > 20, `${found.size} modules`);
});

test.run();
