import assert from 'node:assert/strict';
import { type Engine, Graph } from '../../../engine/engine.js';
import { Random } from '../../../model/foley/random.js';
import { initialValues, Parameters } from '../../../model/networks/parameters.js';
import { CodecError } from '../../../model/onset/errors.js';
import { type SpectralCodecConfig, spectralCodec } from '../../../model/onset/spectral-codec.js';
import { guestEngine } from '../../harness/engine.js';
import { suite } from '../../harness/suite.js';

const test = suite('codec with noise');

const config: SpectralCodecConfig = {
  width: 16,
  latentChannels: 4,
  melBands: 20,
  decoderFft: 640,
  blocks: [1, 1, 1, 1],
  noiseChannels: 6,
};
const tonal: SpectralCodecConfig = { ...config, tonalFft: 2048 };

interface Decoding {
  latents: Float32Array;
  seed?: number;
  firstFrame?: number;
  samples?: number;
}

/** Sound of latents [1, T, 4] by an untrained codec; the same weights each time. */
async function decode(engine: Engine, codecConfig: SpectralCodecConfig, decoding: Decoding): Promise<Float32Array> {
  const { latents, seed = 1, firstFrame = 0, samples = 1 } = decoding;
  const codec = spectralCodec(codecConfig);
  const graph = new Graph();
  const p = new Parameters(graph);
  const noise = {
    seed: graph.input('seed', [2], 'u32'),
    firstFrame: graph.input('first-frame', [1], 'u32'),
    samples,
  };
  graph.output('sound', codec.decode(p, graph.input('latents', [1, latents.length / 4, 4]), noise));
  for (const spec of p.specs.values()) {
    const random = new Random(3, spec.name);
    engine.variables.write(
      spec.name,
      { shape: spec.shape, dtype: 'f32' },
      initialValues(spec, () => random.uniform()),
    );
  }
  const plan = await engine.compile(graph);
  const out = await plan.run({ latents, seed: Uint32Array.of(seed, 0), 'first-frame': Uint32Array.of(firstFrame) });
  plan.dispose();
  return out.sound as Float32Array;
}

function someLatents(frames: number): Float32Array {
  const random = new Random(5, 'latents');
  return Float32Array.from({ length: frames * 4 }, () => random.normal());
}

const rms = (x: Float32Array): number => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);
const difference = (a: Float32Array, b: Float32Array): number => rms(a.map((v, i) => v - b[i]!)) / rms(a);

for (const [name, each] of Object.entries({ noise: config, 'noise and tones': tonal })) {
  test(`${name}: one seed gives one sound, another seed and another place in the sound give others`, async () => {
    const engine = await guestEngine();
    const latents = someLatents(12);
    const sound = await decode(engine, each, { latents });
    assert.equal(sound.length, 12 * 640);
    assert.deepEqual(await decode(engine, each, { latents }), sound);
    assert.ok(difference(sound, await decode(engine, each, { latents, seed: 2 })) > 0.1);
    assert.ok(difference(sound, await decode(engine, each, { latents, firstFrame: 7 })) > 0.1);
  });

  test(`${name}: a window of the latents sounds as it does in the whole`, async () => {
    const engine = await guestEngine();
    const { context } = spectralCodec(each);
    const latents = someLatents(3 * context);
    const whole = await decode(engine, each, { latents });
    const window = await decode(engine, each, { latents: latents.subarray(context * 4), firstFrame: context });
    // From the second context on, nothing before the window is within reach.
    const [kept, expected] = [window.subarray(context * 640), whole.subarray(2 * context * 640)];
    assert.ok(difference(expected, kept) < 1e-4, `differs by ${difference(expected, kept)} of its level`);
  });

  test(`${name}: samples of one item differ, and the first is the only one of a single draw`, async () => {
    const engine = await guestEngine();
    const latents = someLatents(10);
    const both = await decode(engine, each, { latents, samples: 2 });
    const [first, second] = [both.subarray(0, 6400), both.subarray(6400)];
    assert.ok(difference(first, await decode(engine, each, { latents })) < 1e-5);
    assert.ok(difference(first, second) > 0.1);
  });
}

test('equal latents do not give equal samples', async () => {
  const engine = await guestEngine();
  const latents = new Float32Array(40 * 4).fill(0.3);
  const sound = await decode(engine, config, { latents });
  const [a, b] = [sound.subarray(20 * 640, 21 * 640), sound.subarray(21 * 640, 22 * 640)];
  assert.ok(difference(a, b) > 0.1, `${difference(a, b)}`);
});

test('a stochastic decoder without noise, and tones without noise, are refused', () => {
  const graph = new Graph();
  const latents = graph.input('latents', [1, 4, 4]);
  assert.throws(() => spectralCodec(config).decode(new Parameters(graph), latents), CodecError);
  assert.throws(
    () => spectralCodec({ ...tonal, noiseChannels: undefined }),
    /set noiseChannels, or leave tonalFft out/,
  );
});

test.run();
