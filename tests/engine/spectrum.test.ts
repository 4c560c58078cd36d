import assert from 'node:assert/strict';
import { Graph, hannWindow, istft, logMel, melFilters, ShapeError, stft, type Tensor } from '../../engine/engine.js';
import { sharedEngine } from '../harness/engine.js';
import { noise } from '../harness/random.js';
import { suite } from '../harness/suite.js';

const test = suite('engine: spectra');

const BATCH = 2;
const SAMPLES = 1000;

/** Runs `build` on noise [2, 1000]. */
async function ofNoise(build: (x: Tensor) => Tensor): Promise<{ x: Float32Array; y: Float32Array }> {
  const graph = new Graph();
  graph.output('y', build(graph.input('x', [BATCH, SAMPLES])));
  const plan = await (await sharedEngine()).compile(graph);
  const x = noise(BATCH * SAMPLES);
  const { y } = await plan.run({ x });
  plan.dispose();
  return { x, y: y as Float32Array };
}

function assertClose(actual: Float32Array, expected: Float32Array, tolerance: number): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    assert.ok(Math.abs(actual[i]! - expected[i]!) < tolerance, `at ${i}: ${actual[i]} is not ${expected[i]}`);
  }
}

for (const framing of ['center', 'same'] as const) {
  test(`istft undoes stft, framing ${framing}, a short window and a hop that divides nothing`, async () => {
    const options = { nFft: 128, hop: 37, window: hannWindow(111), framing };
    const { x, y } = await ofNoise((x) => istft(stft(x, options), { ...options, samples: SAMPLES }));
    assertClose(y, x, 1e-5);
  });
}

test('a tone of whole periods stands in its bin, at half the sum of the window', async () => {
  const graph = new Graph();
  const x = graph.input('x', [1, 1024]);
  graph.output('y', stft(x, { nFft: 128, hop: 32, output: 'magnitude' }));
  const plan = await (await sharedEngine()).compile(graph);
  const { y } = await plan.run({
    x: Float32Array.from({ length: 1024 }, (_, n) => Math.sin((2 * Math.PI * 10 * n) / 128)),
  });
  plan.dispose();
  const bins = 65;
  // Frames at the ends see the mirrored signal, which turns the tone's phase around.
  for (let frame = 2; frame < 31; frame++) {
    const magnitudes = y!.slice(frame * bins, (frame + 1) * bins);
    assert.ok(Math.abs(magnitudes[10]! - 32) < 1e-3, `frame ${frame}: ${magnitudes[10]}`);
    assert.ok(Math.abs(magnitudes[9]! - 16) < 1e-3 && magnitudes[13]! < 1e-3);
  }
});

test('mel filters are librosa’s (sr 16000, n_fft 512, n_mels 20, 50–7000 Hz)', () => {
  const filters = melFilters(16000, 512, 20, 50, 7000);
  const at = (band: number, bin: number): number => filters[bin * 20 + band]!;
  assert.ok(Math.abs(at(0, 3) - 0.002397344) < 1e-8);
  assert.ok(Math.abs(at(5, 22) - 0.0) < 1e-8);
  assert.ok(Math.abs(at(12, 70) - 0.001978415) < 1e-8);
  assert.ok(Math.abs(at(19, 200) - 0.000967983) < 1e-8);
  assert.ok(Math.abs(filters.reduce((a, b) => a + b, 0) - 0.640142) < 1e-4);
});

test('log-mel is finite for silence and bounded below by its floor', async () => {
  const { y } = await ofNoise((x) => logMel(x, { sampleRate: 16000, nFft: 128, hop: 64, bands: 8, floor: 100 }));
  assert.equal(y.length, BATCH * 16 * 8);
  for (const v of y) assert.equal(v, Math.fround(Math.log(100)));
});

test('a signal too short to mirror, and wrong sizes, are refused with the remedy', () => {
  const graph = new Graph();
  const short = graph.input('short', [1, 60]);
  assert.throws(
    () => stft(short, { nFft: 256, hop: 64 }),
    (e) => e instanceof ShapeError && /longer signal/.test(e.message),
  );
  assert.throws(() => stft(short, { nFft: 33, hop: 8 }), /even/);
  assert.throws(() => stft(short, { nFft: 32, hop: 0 }), /hop/);
  assert.throws(() => stft(short, { nFft: 32, hop: 8, window: hannWindow(40) }), /window has 40/);
  assert.throws(() => istft(graph.input('flat', [1, 5, 17]), { nFft: 32, hop: 8 }), /\[batch, frames, 17, 2\]/);
});

test.run();
