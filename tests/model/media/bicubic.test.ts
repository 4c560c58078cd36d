import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { resizeBicubic } from '../../../model/media/bicubic.js';
import { shippedWeights } from '../../../model/onset/shipped-weights.js';
import { openSafetensors, withFile } from '../../../weights/index.js';
import { suite } from '../../harness/suite.js';

const test = suite('media: bicubic resize');

/** Made by tests/oracle/frames.py. */
const GOLDENS = join(dirname(shippedWeights()), '..', 'tests', 'oracle', 'goldens', 'frames.safetensors');

test('gives every byte that Pillow gives: shrinking, growing, one direction alone, and none', async () => {
  await withFile(GOLDENS, async (source) => {
    const file = await openSafetensors(source);
    const cases = [...file.tensors.keys()].filter((name) => name.endsWith('.picture'));
    assert.equal(cases.length, 6);
    for (const name of cases) {
      const resizedName = name.replace('picture', 'resized');
      const [rows, columns] = file.tensors.get(name)!.shape as [number, number];
      const [outRows, outColumns] = file.tensors.get(resizedName)!.shape as [number, number];
      const picture = (await file.read(name)) as Uint8Array;
      assert.deepEqual(
        resizeBicubic(picture, [rows, columns], [outRows, outColumns], 3),
        new Uint8Array((await file.read(resizedName)) as Uint8Array),
        `${rows}×${columns} → ${outRows}×${outColumns}`,
      );
    }
  });
});

test.run();
