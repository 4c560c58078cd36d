import assert from 'node:assert/strict';
import { resample } from '../../../../model/evaluation/metrics/resample.js';
import { cnn14OfPanns } from '../../../../model/evaluation/taggers/cnn14.js';
import { NetworkTagger, type SoundNetwork } from '../../../../model/evaluation/taggers/network-tagger.js';
import { openTagger } from '../../../../model/evaluation/taggers/open-tagger.js';
import type { SoundTagger } from '../../../../model/evaluation/taggers/tagger.js';
import { vggishNetwork } from '../../../../model/evaluation/taggers/vggish.js';
import {
  type Checkpoint,
  openCheckpoint,
  type TensorToWrite,
  tensorOf,
  writeSafetensors,
} from '../../../../weights/index.js';
import { sharedEngine } from '../../../harness/engine.js';
import { nmse } from '../../../harness/goldens.js';
import { suite } from '../../../harness/suite.js';
import { inScratchFolder } from '../../../weights/scratch.js';
import { checkpointPath, golden, goldenSound } from './goldens.js';

const test = suite('taggers: published networks');

async function withTagger(file: string, use: (tagger: SoundTagger) => Promise<void>): Promise<void> {
  const tagger = await openTagger(await sharedEngine(), checkpointPath(file));
  try {
    await use(tagger);
  } finally {
    await tagger.dispose();
  }
}

/** A golden checkpoint as safetensors; `rename` gives other names or drops a tensor. */
async function withRenamed(
  file: string,
  rename: (name: string) => string | undefined,
  use: (path: string) => Promise<void>,
): Promise<void> {
  const checkpoint = await openCheckpoint(checkpointPath(file));
  const tensors: TensorToWrite[] = [];
  for (const [name, { shape }] of checkpoint.tensors) {
    const renamed = rename(name);
    if (renamed !== undefined) tensors.push(tensorOf(renamed, shape, await checkpoint.readAsF32(name)));
  }
  await checkpoint.close();
  await inScratchFolder(async (folder) => {
    await writeSafetensors(`${folder}/weights.safetensors`, tensors);
    await use(`${folder}/weights.safetensors`);
  });
}

for (const [file, network, name] of [
  ['mn01.pt', 'mn01', 'mn01'],
  ['cnn14.pth', 'cnn14', 'CNN14'],
] as const) {
  test(`${name}: embedding and logits of a sound are those of the published PyTorch code, to NMSE 1e-10`, async () =>
    withTagger(file, async (tagger) => {
      const { embeddings, windows, logits } = await tagger.embed([await goldenSound()]);
      assert.ok(nmse(embeddings[0]!, await golden(`${network}.embedding`)) <= 1e-10);
      assert.ok(nmse(logits![0]!, await golden(`${network}.logits`)) <= 1e-10);
      assert.deepEqual(windows, [[embeddings[0]]]);
      assert.deepEqual([tagger.name, tagger.sampleRate, tagger.classes![3]], [name, 32_000, 'class 3']);
    }));
}

test('VGGish: embeddings of both examples are those of the PyTorch port, to NMSE 1e-10, and a sound’s is their mean', async () =>
  withTagger('vggish.pth', async (tagger) => {
    const { embeddings, windows, logits } = await tagger.embed([await goldenSound()]);
    const examples = await golden('vggish.embedding');
    const size = examples.length / 2;
    assert.ok(nmse([...windows[0]![0]!, ...windows[0]![1]!], examples) <= 1e-10);
    const mean = Float32Array.from({ length: size }, (_, i) => (examples[i]! + examples[size + i]!) / 2);
    assert.ok(nmse(embeddings[0]!, mean) <= 1e-10);
    assert.deepEqual(
      [tagger.name, tagger.sampleRate, tagger.classes, logits],
      ['VGGish', 16_000, undefined, undefined],
    );
  }));

test('layers that are wider than a buffer may be give the same by parts', async () => {
  const engine = await sharedEngine();
  const sound = await goldenSound();
  const embedded = async (file: string, network: (checkpoint: Checkpoint) => SoundNetwork): Promise<Float32Array> => {
    const checkpoint = await openCheckpoint(checkpointPath(file));
    const tagger = await NetworkTagger.load(engine, network(checkpoint), undefined);
    const { windows } = await tagger.embed([sound]);
    await tagger.dispose();
    await checkpoint.close();
    return Float32Array.from(windows[0]!.flatMap((window) => [...window]));
  };
  const vggish = await embedded('vggish.pth', (checkpoint) => vggishNetwork(checkpoint, 20_000)!);
  assert.ok(nmse(vggish, await golden('vggish.embedding')) <= 1e-10);
  const cnn14 = await embedded('cnn14.pth', (checkpoint) => cnn14OfPanns(checkpoint, 4000)!);
  assert.ok(nmse(cnn14, await golden('cnn14.embedding')) <= 1e-10);
});

test('a sound at another rate is resampled, and any length has an embedding', async () =>
  withTagger('vggish.pth', async (tagger) => {
    const sound = (await goldenSound()).subarray(0, 24_000);
    const [at24k, byHand] = [
      await tagger.embed([sound], { sampleRate: 24_000 }),
      await tagger.embed([resample(sound, 24_000, 16_000)]),
    ];
    assert.deepEqual(at24k, byHand);
    const { windows } = await tagger.embed([
      sound.subarray(0, 1),
      sound.subarray(0, 15_599),
      sound.subarray(0, 15_600),
    ]);
    assert.deepEqual(
      windows.map((parts) => parts.length),
      [1, 1, 1],
    );
  }));

test('two networks live on one engine, and one goes without the other', async () =>
  withTagger('vggish.pth', async (vggish) => {
    const sound = (await goldenSound()).subarray(0, 16_000);
    const before = await vggish.embed([sound]);
    await withTagger('mn01.pt', async (mn01) => {
      await mn01.embed([sound]);
    });
    assert.deepEqual(await vggish.embed([sound]), before);
  }));

test('progress is told, and a signal stops', async () =>
  withTagger('vggish.pth', async (tagger) => {
    const sound = (await goldenSound()).subarray(0, 16_000);
    const controller = new AbortController();
    const told: string[] = [];
    const onProgress = (done: number, total: number): void => {
      told.push(`${done} of ${total}`);
      controller.abort(new Error('enough'));
    };
    await assert.rejects(tagger.embed([sound, sound], { onProgress, signal: controller.signal }), /enough/);
    assert.deepEqual(told, ['1 of 2']);
  }));

test('a sound that cannot be heard is refused', async () =>
  withTagger('vggish.pth', async (tagger) => {
    const refused = (sounds: Float32Array[], message: RegExp): Promise<void> =>
      assert.rejects(tagger.embed(sounds), { name: 'EvaluationError', message });
    await refused([new Float32Array(9), new Float32Array(0)], /VGGish: sound 1 has no samples/);
    await refused([Float32Array.of(0, Number.NaN)], /VGGish: sound 0 is NaN at sample 1/);
  }));

test('a file of another network is refused with what was expected', async () => {
  const engine = await sharedEngine();
  await withRenamed(
    'vggish.pth',
    (name) => `encoder.${name}`,
    async (path) => {
      await assert.rejects(openTagger(engine, path), {
        name: 'EvaluationError',
        message: /weights\.safetensors is none of the audio networks.*EfficientAT.*VGGish.*CNN14.*encoder\./,
      });
    },
  );
});

test('what a checkpoint lacks is named', async () => {
  const engine = await sharedEngine();
  const without = (lost: RegExp) => (name: string) => (lost.test(name) ? undefined : name);
  await withRenamed('mn01.pt', without(/^features\.3\.block\.1\.1\.running_var$/), async (path) => {
    await assert.rejects(openTagger(engine, path), {
      name: 'TensorMatchError',
      message: /missing.*features\.3\.block\.1\.0\.weight/,
    });
  });
  await withRenamed('cnn14.pth', without(/extractor/), async (path) => {
    await assert.rejects(openTagger(engine, path), {
      name: 'EvaluationError',
      message: /conv_real\.weight, is not there; expected 1024 \(32 kHz\) or 512 \(16 kHz\)/,
    });
  });
});

test.run();
