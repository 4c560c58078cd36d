import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { packagePath } from '../../../../engine/platform/package-path.js';
import { OnsetTagger } from '../../../../model/evaluation/taggers/onset-tagger.js';
import { MATERIALS, makeClip, Random, worldSeed } from '../../../../model/foley/index.js';
import { readManifest, sha256 } from '../../../../weights/index.js';
import { sharedEngine } from '../../../harness/engine.js';
import { suite } from '../../../harness/suite.js';

const test = suite('our own audio tagger');

let opened: Promise<OnsetTagger> | undefined;
const tagger = async (): Promise<OnsetTagger> => (opened ??= OnsetTagger.load(await sharedEngine()));
test.after(async () => (await opened)?.dispose());

const [STRIKES, CONTINUOUS] = [4, 5];

/** A sound of the world's validation seeds: press strikes, or rolling and pouring. */
function worldSound(index: number, material: number, source: number): Float32Array {
  return makeClip(worldSeed('validation', index), { size: 4, material, source }).sound;
}

const topClass = ({ classes }: OnsetTagger, logits: Float32Array): string =>
  classes[logits.indexOf(Math.max(...logits))]!;

test('the weights are small, and name the config that they were trained with', async () => {
  const folder = packagePath('weights', 'onset-tagger');
  assert.ok(statSync(join(folder, 'tagger.safetensors')).size <= 2e6);
  const { trainedWith } = await readManifest(folder);
  const config = readFileSync(packagePath('model', 'training', 'configs', trainedWith.config), 'utf8');
  assert.equal(await sha256(config), trainedWith.configSha256);
});

test('it hears the materials of the world', async () => {
  const network = await tagger();
  const labels: string[] = [];
  const sounds = MATERIALS.flatMap(({ name }, material) =>
    [STRIKES, CONTINUOUS].map((source, i) => {
      labels.push(`${name}-${i === 0 ? 'struck' : 'continuous'}`);
      return worldSound(5000 + labels.length, material, source);
    }),
  );
  const { logits } = await network.embed(sounds);
  const right = logits!.filter((each, i) => topClass(network, each) === labels[i]).length;
  assert.ok(right >= 9, `${right} of ${labels.length}`);
});

test('a sound keeps its class when it is quieter, and its embedding at another sample rate', async () => {
  const network = await tagger();
  const sound = worldSound(6000, 0, STRIKES);
  const quiet = sound.map((value) => value * 0.25);
  // Twice the rate, by linear interpolation: the tagger's bands end far below the images of that.
  const fine = Float32Array.from({ length: 2 * sound.length }, (_, i) =>
    i % 2 === 0 ? sound[i / 2]! : (sound[(i - 1) / 2]! + (sound[(i + 1) / 2] ?? 0)) / 2,
  );
  const [own, at32] = [await network.embed([sound, quiet]), await network.embed([fine], { sampleRate: 32_000 })];
  assert.equal(topClass(network, own.logits![1]!), topClass(network, own.logits![0]!));
  const distance = (a: Float32Array, b: Float32Array): number => Math.hypot(...a.map((value, i) => value - b[i]!));
  const noise = new Random(1, 'noise');
  const other = await network.embed([sound.map(() => 0.1 * noise.normal())]);
  assert.ok(
    distance(own.embeddings[0]!, at32.embeddings[0]!) < 0.5 * distance(own.embeddings[0]!, other.embeddings[0]!),
  );
});

test('an embedding is the mean of its windows', async () => {
  const { embeddings, windows } = await (await tagger()).embed([worldSound(7000, 3, STRIKES)]);
  const [parts] = windows as [Float32Array[]];
  assert.equal(parts.length, 3);
  for (const [d, value] of embeddings[0]!.entries()) {
    const mean = parts.reduce((sum, part) => sum + part[d]!, 0) / parts.length;
    assert.ok(Math.abs(value - mean) < 1e-5 * Math.max(1, Math.abs(mean)));
  }
});

test('a sound without samples, or with one that is not finite, is refused by its place', async () => {
  const network = await tagger();
  await assert.rejects(network.embed([new Float32Array(100), new Float32Array(0)]), /onset: sound 1 has no samples/);
  await assert.rejects(network.embed([Float32Array.of(0, Number.NaN)]), /onset: sound 0 is NaN at sample 1/);
});

test.run();
