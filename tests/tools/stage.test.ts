/** `node engine stage`: which stages there are, and what each needs. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { allStages } from '../../model/models.js';
import { openSafetensors, withFile, writeSafetensors } from '../../weights/index.js';
import { suite } from '../harness/suite.js';
import { inScratchFolder } from '../weights/scratch.js';

const test = suite('tools: stage');
const main = fileURLToPath(new URL('../../tools/main.js', import.meta.url));

function stage(...options: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [main, 'stage', ...options], { encoding: 'utf8' });
}

test('the help names every stage, and an unknown one is answered with their names', async () => {
  const names = (await allStages()).map(({ name }) => name);
  assert.equal(new Set(names).size, names.length, 'names are unique');
  const help = stage('--help').stdout.replace(/\s+/g, ' ');
  for (const name of names) assert.match(help, new RegExp(`[ ,]${name}[ ,]`));
  const { status, stderr } = stage('nope', '--out', 'x');
  assert.equal(status, 2);
  assert.match(stderr, new RegExp(`no stage 'nope'; there are ${names.join(', ')}`));
});

test('what a stage needs and was not given is wrong usage', () => {
  const cases = [
    ['unet', [], /stage unet needs --weights FOLDER/],
    ['unet', ['--weights', '.'], /stage unet needs --in FILE/],
    ['appearance', [], /stage appearance needs --weights FOLDER/],
    ['frames', [], /stage frames needs --clip FILE/],
    ['mel', [], /stage mel needs --in FILE/],
    ['stft', ['--in', 'x', '--weights', './nowhere'], /--weights .\/nowhere: no such folder/],
  ] as const;
  for (const [name, options, message] of cases) {
    const { status, stderr } = stage(name, '--out', 'x', ...options);
    assert.equal(status, 2, name);
    assert.match(stderr, message);
  }
});

test('a stage reads and writes safetensors', () =>
  inScratchFolder(async (folder) => {
    const [input, output] = [`${folder}/in.safetensors`, `${folder}/out.safetensors`];
    const data = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i));
    await writeSafetensors(input, [{ name: 'waveform', dtype: 'F32', shape: [1, 256], data }]);
    const { status, stdout } = stage('stft', '--in', input, '--out', output, '--n-fft', '64', '--hop', '16');
    assert.equal(status, 0);
    assert.equal(stdout.trim(), output);
    await withFile(output, async (source) => {
      const { tensors } = await openSafetensors(source);
      assert.deepEqual(tensors.get('real')!.shape, [1, 33, 17]);
      assert.deepEqual(tensors.get('imag')!.shape, [1, 33, 17]);
    });
  }));

test.run();
