/** The test run itself: what it counts, files that cannot be loaded, processes that crash, and stopping it. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { suite, Unsupported } from '../harness/suite.js';
import { runTests } from '../run.js';

const test = suite('tools: test run');
const harness = JSON.stringify(new URL('../harness/suite.js', import.meta.url).href);

/** Runs test files of these bodies, which find a suite `test`; gives back the counts and all that was shown. */
async function run(
  bodies: Record<string, string>,
  signal: AbortSignal = new AbortController().signal,
): Promise<{ passed: number; failed: number; unsupported: string[]; out: string; err: string }> {
  const root = mkdtempSync(join(tmpdir(), 'onset-tests-'));
  try {
    writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
    for (const [name, body] of Object.entries(bodies)) {
      const text = `import { suite, Unsupported } from ${harness};\nconst test = suite('${name}');\n${body}\n`;
      writeFileSync(join(root, `${name}.test.js`), text);
    }
    const shown = { out: '', err: '' };
    const show = (out: string, err: string): void => {
      shown.out += out;
      shown.err += err;
    };
    return { ...(await runTests({ root, signal, show })), ...shown };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

test('passed, failed and unsupported tests are counted apart', async () => {
  const { passed, failed, unsupported, out, err } = await run({
    mixed: `test('good', () => console.error('words'));
      test('bad', () => { throw new Error('on purpose'); });
      test('late', () => new Promise(() => setTimeout(() => {}, 5000)), { limit: 0.05 });
      test('elsewhere', () => { throw new Unsupported('no such device'); });
      test.run();`,
  });
  assert.deepEqual(
    { passed, failed, unsupported },
    { passed: 1, failed: 2, unsupported: ['elsewhere: no such device'] },
  );
  assert.match(out, /on purpose/);
  assert.match(out, /limit of 0\.05 s/);
  assert.equal(err, 'words\n');
});

test('a file that crashes its process has failed, and the others still run', async () => {
  const { passed, failed, out } = await run({
    crash: `test('dies', () => { console.log('last words'); process.abort(); }); test.run();`,
    ends: `test('leaves', () => process.exit(0)); test.run();`,
    faulty: `throw new Error('cannot be loaded');`,
    empty: '',
    good1: `test('good', () => {}); test.run();`,
    good2: `test('good', () => {}); test.run();`,
  });
  assert.deepEqual({ passed, failed }, { passed: 2, failed: 4 });
  assert.match(out, /last words\n(.|\n)*FAIL tests\/crash\.test\.js: its process ended with SIGABRT/);
  assert.match(out, /FAIL tests\/ends\.test\.js: its process ended with exit code 0/);
  assert.match(out, /faulty\.test\.ts could not be loaded\nError: cannot be loaded/);
  assert.match(out, /does it end with test\.run/);
});

test('a signal stops the run and its processes', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Unsupported('enough')), 500);
  const endless = `test('endless', () => new Promise(() => setInterval(() => {}, 1000))); test.run();`;
  await assert.rejects(run({ a: endless, b: endless, c: endless, d: endless, e: endless }, stop.signal), /enough/);
});

test.run();
