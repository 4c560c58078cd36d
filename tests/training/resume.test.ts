import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../tools/terminal.js';
import { suite } from '../harness/suite.js';

const test = suite('training: kill and resume');
const CONFIG = join(packageRoot(), 'model', 'training', 'configs', 'tiny.json');

type Line = { stage?: string; step?: number; loss?: number };

/** Starts `train` on the tiny config; `onLine` sees each reported step and may kill the process. */
function train(
  folder: string,
  resume: boolean,
  onLine: (line: Line, child: ChildProcess) => void = () => {},
): Promise<Line[]> {
  const main = new URL('../../tools/main.js', import.meta.url).pathname;
  const args = [
    main,
    'train',
    CONFIG,
    '-o',
    folder,
    '--checkpoint-seconds',
    '0',
    '--json',
    ...(resume ? ['--resume'] : []),
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const lines: Line[] = [];
  let rest = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop()!;
    for (const part of parts) {
      const line = JSON.parse(part) as Line;
      if (line.stage) lines.push(line);
      onLine(line, child);
    }
  });
  return new Promise((resolve) => child.on('close', () => resolve(lines)));
}

test(
  'kill -9 in the middle of a stage, then --resume: the losses are those of the uninterrupted run, and so are the weights',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'onset-resume-'));
    try {
      const [whole, broken] = [join(folder, 'whole'), join(folder, 'broken')];
      const expected = await train(whole, false);
      assert.equal(expected.length, 36, 'three stages of 12 steps');
      const before = await train(broken, false, (line, child) => {
        if (line.stage === 'encoder' && line.step! >= 5) child.kill('SIGKILL');
      });
      assert.ok(
        existsSync(join(broken, 'encoder.checkpoint.safetensors')),
        'the run was killed within the encoder stage',
      );
      const after = await train(broken, true);
      const lossAt = (lines: Line[], stage: string, step: number): number | undefined =>
        lines.find((l) => l.stage === stage && l.step === step)?.loss;
      for (const { stage, step, loss } of expected) {
        const found = lossAt(after, stage!, step!) ?? lossAt(before, stage!, step!);
        assert.equal(found, loss, `${stage} step ${step}`);
      }
      for (const name of ['codec.safetensors', 'generator.safetensors']) {
        assert.ok(readFileSync(join(whole, 'weights', name)).equals(readFileSync(join(broken, 'weights', name))), name);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  { limit: 300 },
);

test('a checkpoint of another config is refused', async () => {
  const { readCheckpoint, writeCheckpoint } = await import('../../model/training/checkpoint.js');
  const { sharedEngine } = await import('../harness/engine.js');
  const engine = await sharedEngine();
  const folder = mkdtempSync(join(tmpdir(), 'onset-checkpoint-'));
  try {
    const path = join(folder, 'codec.checkpoint.safetensors');
    engine.variables.write('resume.test', { shape: [2], dtype: 'f32' }, Float32Array.of(1, 2));
    await writeCheckpoint(path, engine.variables, ['resume.test'], {
      step: 5,
      stage: 'codec',
      provenance: 'a'.repeat(64),
    });
    assert.equal(await readCheckpoint(path, engine.variables, { stage: 'codec', provenance: 'a'.repeat(64) }), 5);
    await assert.rejects(
      readCheckpoint(path, engine.variables, { stage: 'codec', provenance: 'b'.repeat(64) }),
      /checkpoint .* of stage codec: this is not the one it was made with/,
    );
    engine.variables.delete('resume.test');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
