import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest, sha256 } from '../../../weights/index.js';
import { suite } from '../../harness/suite.js';
import { makeFootage, TINY_CONFIG } from './examples.js';

const test = suite('training: kill and resume');

type Line = { stage?: string; step?: number; loss?: number };

interface Run {
  config: string;
  folder: string;
  resume?: boolean;
  env?: NodeJS.ProcessEnv;
  /** Sees each reported step and may kill the process. */
  onLine?: (line: Line, child: ChildProcess) => void;
}

/** Starts `train` and gives the steps that it reports. */
function train({ config, folder, resume, env, onLine }: Run): Promise<Line[]> {
  const main = new URL('../../../tools/main.js', import.meta.url).pathname;
  const options = ['--checkpoint-seconds', '0', '--json', ...(resume ? ['--resume'] : [])];
  const child = spawn(process.execPath, [main, 'train', config, '-o', folder, ...options], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: env ?? process.env,
  });
  const lines: Line[] = [];
  let rest = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop()!;
    for (const part of parts) {
      const line = JSON.parse(part) as Line;
      if (line.stage) lines.push(line);
      onLine?.(line, child);
    }
  });
  return new Promise((resolve) => child.on('close', () => resolve(lines)));
}

/** Trains once in one go and once killed within a stage and resumed: the same losses, the same weights. */
async function killAndResume(
  run: Omit<Run, 'onLine' | 'resume'>,
  stage: string,
  step: number,
  steps: number,
): Promise<void> {
  const { folder } = run;
  const [whole, broken] = [join(folder, 'whole'), join(folder, 'broken')];
  const expected = await train({ ...run, folder: whole });
  assert.equal(expected.length, steps, 'the steps of three stages');
  const checkpoint = join(broken, `${stage}.checkpoint.safetensors`);
  let before: Line[] = [];
  // On a busy machine the kill may come after the stage's end: then there is nothing to resume, and it is tried again.
  for (let attempt = 0; attempt < 3 && !existsSync(checkpoint); attempt++) {
    rmSync(broken, { recursive: true, force: true });
    before = await train({
      ...run,
      folder: broken,
      onLine: (line, child) => {
        if (line.stage === stage && line.step! >= step) child.kill('SIGKILL');
      },
    });
  }
  assert.ok(existsSync(checkpoint), `the run was killed within the stage ${stage}`);
  const after = await train({ ...run, folder: broken, resume: true });
  const lossAt = (lines: Line[], stage: string, step: number): number | undefined =>
    lines.find((l) => l.stage === stage && l.step === step)?.loss;
  for (const { stage, step, loss } of expected) {
    const found = lossAt(after, stage!, step!) ?? lossAt(before, stage!, step!);
    assert.equal(found, loss, `${stage} step ${step}`);
  }
  for (const name of ['codec.safetensors', 'generator.safetensors']) {
    assert.ok(readFileSync(join(whole, 'weights', name)).equals(readFileSync(join(broken, 'weights', name))), name);
  }
}

test(
  'kill -9 in the middle of a stage, then --resume: the losses are those of the uninterrupted run, and so are the weights',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'onset-resume-'));
    try {
      await killAndResume({ config: TINY_CONFIG, folder }, 'encoder', 5, 36);
      const { trainedWith } = await readManifest(join(folder, 'whole', 'weights'));
      assert.ok(!('footage' in trainedWith), 'no footage was used');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  { limit: 600 },
);

test(
  'the same with footage beside the world, from a folder that is named relative to the config; the weights name it',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'onset-resume-'));
    try {
      await makeFootage(join(folder, 'clips'), [
        { file: 'long.mp4', seconds: 3 },
        { file: 'unseen.mp4', seconds: 2, hit: 0 },
        { file: 'short.mp4', seconds: 1 },
      ]);
      const tiny = JSON.parse(readFileSync(TINY_CONFIG, 'utf8'));
      for (const stage of ['codec', 'encoder', 'generator']) tiny[stage].steps = 6;
      tiny.data.footage = { folder: 'clips', share: 0.5 };
      const config = join(folder, 'mixed.json');
      writeFileSync(config, JSON.stringify(tiny));
      // What is cached of these clips is of no use after the test; Mesa's compiled kernels, in the same place by default, are.
      const usual = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
      const env = { MESA_SHADER_CACHE_DIR: usual, ...process.env, XDG_CACHE_HOME: join(folder, 'cache') };
      await killAndResume({ config, folder, env }, 'generator', 3, 18);
      const { trainedWith } = await readManifest(join(folder, 'whole', 'weights'));
      const manifest = readFileSync(join(folder, 'clips', 'manifest.tsv'), 'utf8');
      const { manifestSha256, clips, share } = trainedWith.footage!;
      assert.deepEqual(
        { manifestSha256, clips, share },
        { manifestSha256: await sha256(manifest), clips: 3, share: 0.5 },
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  { limit: 600 },
);

test('a checkpoint of another config is refused', async () => {
  const { readCheckpoint, writeCheckpoint } = await import('../../../model/training/checkpoint.js');
  const { sharedEngine } = await import('../../harness/engine.js');
  const engine = await sharedEngine();
  const folder = mkdtempSync(join(tmpdir(), 'onset-checkpoint-'));
  try {
    const path = join(folder, 'codec.checkpoint.safetensors');
    engine.variables.write('resume.test', { shape: [2], dtype: 'f32' }, Float32Array.of(1, 2));
    await writeCheckpoint(path, engine.variables, ['resume.test'], {
      step: 5,
      seconds: 1.5,
      stage: 'codec',
      provenance: 'a'.repeat(64),
    });
    assert.deepEqual(await readCheckpoint(path, engine.variables, { stage: 'codec', provenance: 'a'.repeat(64) }), {
      step: 5,
      seconds: 1.5,
    });
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
