/** Hostile PyTorch files of both layouts: refused by a named error, in little time and memory, and nothing is executed. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { memorySource, readCheckpoint, WeightsError } from '../../weights/index.js';
import { suite } from '../harness/suite.js';
import { golden } from './goldens.js';
import { type HostileFile, MARKER, OLDER_FILES, ZIP_FILES } from './hostile-checkpoints.js';
import type { Outcome } from './hostile-child.js';
import { inScratchFolder } from './scratch.js';

const test = suite('weights/hostile PyTorch files');
const child = fileURLToPath(new URL('./hostile-child.js', import.meta.url));

const LONGEST_SECONDS = 5;

async function refusals(files: readonly HostileFile[], mostBytes: number): Promise<void> {
  await inScratchFolder(async (folder) => {
    for (const [i, { make }] of files.entries()) writeFileSync(join(folder, `${i}.pt`), make());
    // In the folder, so that a command that were run would leave its mark there.
    const args = [child, folder, String(files.length)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
    const { outcomes, peakBytes } = JSON.parse(stdout) as { outcomes: Outcome[]; peakBytes: number };
    assert.equal(outcomes.length, files.length);
    const wrong = outcomes.flatMap(({ error, message = '', seconds }, i) => {
      const expected = files[i]!;
      const faults = [
        error !== expected.error && `${error} instead of ${expected.error}`,
        !expected.says.test(message) && `a message without ${expected.says}`,
        message.length > 1500 && 'a message that quotes too much of the file',
        seconds > LONGEST_SECONDS && `${seconds.toFixed(1)} s`,
      ].filter(Boolean);
      return faults.length > 0 ? [`${expected.what}: ${faults.join(', ')}: ${message.slice(0, 300)}`] : [];
    });
    assert.deepEqual(wrong, []);
    assert.ok(peakBytes <= mostBytes, `${Math.round(peakBytes / 1e6)} MB at the most`);
    assert.ok(!existsSync(join(folder, MARKER)), 'something in a file was executed');
  });
}

test(`${ZIP_FILES.length} hostile zip files are refused`, () => refusals(ZIP_FILES, 500e6));

test(`${OLDER_FILES.length} hostile files in the older layout are refused`, () => refusals(OLDER_FILES, 300e6));

test('good files with any bytes changed or cut are read, or refused with a named error', async () => {
  for (const name of ['zip-2.pt', 'older-2.pt', 'zip-4.pt', 'values-older-2.pt', 'values-zip-5.pt']) {
    const whole = new Uint8Array(await readFile(golden(name)));
    const place = fc.nat({ max: whole.length - 1 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(place, fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
        fc.oneof({ arbitrary: fc.constant(whole.length), weight: 4 }, place),
        async (changes, length) => {
          const bytes = whole.slice(0, length);
          for (const [at, value] of changes) if (at < length) bytes[at] = value;
          try {
            const checkpoint = await readCheckpoint(memorySource(bytes));
            for (const value of checkpoint.values.values()) String(value);
            for (const tensor of checkpoint.tensors.keys()) await checkpoint.readAsF32(tensor);
          } catch (error) {
            assert.ok(error instanceof WeightsError, error instanceof Error ? error.stack : String(error));
          }
        },
      ),
      { numRuns: 300 },
    );
  }
});

test.run();
