import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../../model/foley/random.js';
import { buildModel } from '../../../model/onset/model.js';
import type { TrainingConfig } from '../../../model/training/config.js';
import { SoundMixture } from '../../../model/training/data/sound-mixture.js';
import { stochasticCodecStage } from '../../../model/training/stochastic-codec-stage.js';
import { trainCodec } from '../../../model/training/train.js';
import type { TrainingProgress } from '../../../model/training/trainer.js';
import { ProvenanceError } from '../../../weights/index.js';
import { guestEngine } from '../../harness/engine.js';
import { suite } from '../../harness/suite.js';
import { ffmpeg } from '../media/clips.js';
import { tinyConfig } from './examples.js';

const test = suite('training a codec with noise');
const scratch = mkdtempSync(join(tmpdir(), 'onset-stochastic-'));
test.after(() => rmSync(scratch, { recursive: true, force: true }));

function noisyConfig(): TrainingConfig {
  const config = tinyConfig();
  Object.assign(config.model.codec, { noiseChannels: 4, tonalFft: 2048 });
  return config;
}

test('crops come at any level, loud sound or soft, and not from silence', () => {
  const config = noisyConfig();
  const { batch, crop } = config.codec;
  const random = new Random(1, 'sound');
  /** Half of it silent, the other half noise of that level. */
  const sound = (level: number): Int16Array =>
    Int16Array.from({ length: 64_000 }, (_, i) => (i < 32_000 ? 0 : Math.round(random.normal(0, level))));
  const sounds = new SoundMixture([{ clips: [{ sound: sound(5000) }, { sound: sound(100) }], share: 1 }]);
  const stage = stochasticCodecStage(buildModel(config.model), config, sounds);
  const peaks: number[] = [];
  for (let step = 0; step < 40; step++) {
    const drawn = stage.batch(step, new Random(1, `step ${step}`)).sound as Float32Array;
    for (let b = 0; b < batch; b++) {
      peaks.push(drawn.subarray(b * crop, (b + 1) * crop).reduce((most, x) => Math.max(most, Math.abs(x)), 0));
    }
  }
  assert.ok(Math.max(...peaks) <= 0.5 + 1e-6 && Math.max(...peaks) > 0.4, `loudest ${Math.max(...peaks)}`);
  const sounding = peaks.filter((peak) => peak > 0);
  assert.ok(Math.min(...sounding) >= 0.5 / 16 - 1e-6, `softest ${Math.min(...sounding)}`);
  assert.ok(sounding.length > 0.95 * peaks.length, `${peaks.length - sounding.length} silent crops of ${peaks.length}`);
});

async function trained(config: TrainingConfig, name: string, resume = false): Promise<TrainingProgress[]> {
  const progress: TrainingProgress[] = [];
  // The engine first: Mesa keeps its compiled kernels in the same place, and compiling them all anew takes minutes.
  const engine = await guestEngine();
  const cache = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = join(scratch, 'cache');
  try {
    await trainCodec({
      engine,
      config,
      folder: join(scratch, name),
      resume,
      engineVersion: 'test',
      configPath: 'test.json',
      configSha256: '0'.repeat(64),
      onProgress: (each) => void progress.push(each),
    });
  } finally {
    if (cache === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = cache;
  }
  return progress;
}

test(
  'the codec alone is trained on folders of sounds and the world; its loss falls; other sounds are refused on --resume',
  async () => {
    const folder = join(scratch, 'sounds');
    mkdirSync(folder);
    const record = (color: string): Promise<void> =>
      ffmpeg('-f', 'lavfi', '-i', `anoisesrc=c=${color}:r=16000:a=0.3:d=2:seed=1`, join(folder, 'a.wav'));
    await record('pink');
    const config = noisyConfig();
    config.data.sounds = [{ folder, share: 0.75 }];
    config.codec.steps = 24;
    config.codec.warmup = 4;
    const progress = await trained(config, 'run');
    const mean = (from: number, to: number): number =>
      progress.slice(from, to).reduce((sum, { figures }) => sum + figures.loss!, 0) / (to - from);
    assert.ok(mean(16, 24) < 0.95 * mean(0, 8), `loss ${mean(0, 8)} at first, ${mean(16, 24)} in the end`);
    assert.deepEqual(
      ['codec.safetensors', 'weights', 'encoder.safetensors'].map((file) => existsSync(join(scratch, 'run', file))),
      [true, false, false],
    );
    assert.equal((await trained(config, 'run', true)).length, 0, 'nothing is left to do');
    await record('white');
    await assert.rejects(trained(config, 'run', true), (error: Error) => error instanceof ProvenanceError);
  },
  { limit: 600 },
);

test.run();
