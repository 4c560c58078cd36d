import assert from 'node:assert/strict';
import { Graph, gradients, type Tensor } from '../../../engine/engine.js';
import { Random } from '../../../model/foley/random.js';
import { energyDistance, spectralEnergyDistance } from '../../../model/training/energy-distance.js';
import { sharedEngine } from '../../harness/engine.js';
import { suite } from '../../harness/suite.js';

const test = suite('spectral energy distance');

async function distance(
  of: (sounds: Tensor, samples: Tensor) => Tensor,
  batch: number,
  sounds: Float32Array,
  samples: Float32Array,
): Promise<number> {
  const graph = new Graph();
  const length = sounds.length / batch;
  graph.output('distance', of(graph.input('sounds', [batch, length]), graph.input('samples', [2 * batch, length])));
  const plan = await (await sharedEngine()).compile(graph);
  const out = await plan.run({ sounds, samples });
  plan.dispose();
  return out.distance![0]!;
}

test('of plain values it is ½|x − y| + ½|x − y′| − ½|y − y′|, in the mean', async () => {
  const identity = (sounds: Tensor, samples: Tensor): Tensor => energyDistance(sounds, samples, (x) => x);
  // Two sounds of one value: 1 and 5; their samples 2 and 4, then 0 and 8.
  const found = await distance(identity, 2, Float32Array.of(1, 5), Float32Array.of(2, 4, 0, 8));
  const first = (Math.abs(1 - 2) + Math.abs(1 - 0) - Math.abs(2 - 0)) / 2;
  const second = (Math.abs(5 - 4) + Math.abs(5 - 8) - Math.abs(4 - 8)) / 2;
  assert.ok(Math.abs(found - (first + second) / 2) < 1e-6, `${found}`);
});

const SAMPLES = 8192;
const BATCH = 4;

/** White noise of that root mean square. */
function noise(count: number, level: number, stream: string): Float32Array {
  const random = new Random(1, stream);
  return Float32Array.from({ length: count * SAMPLES }, () => random.normal(0, level));
}

test('noise is answered best by two noises of its own level, not by silence, another level, or the same noise twice', async () => {
  const sounds = noise(BATCH, 0.1, 'sound');
  const score = (samples: Float32Array): Promise<number> => distance(spectralEnergyDistance, BATCH, sounds, samples);
  const right = await score(noise(2 * BATCH, 0.1, 'sample'));
  const once = noise(BATCH, 0.1, 'sample');
  const worse = {
    silence: await score(new Float32Array(2 * BATCH * SAMPLES)),
    softer: await score(noise(2 * BATCH, 0.07, 'sample')),
    louder: await score(noise(2 * BATCH, 0.14, 'sample')),
    'one noise twice': await score(Float32Array.from([...once, ...once])),
  };
  for (const [what, found] of Object.entries(worse))
    assert.ok(found > right * 1.02, `${what}: ${found}, right ${right}`);
});

test('silence on both sides has distance 0 and a finite gradient', async () => {
  const graph = new Graph();
  const samples = graph.input('samples', [2, SAMPLES]);
  const loss = spectralEnergyDistance(graph.input('sounds', [1, SAMPLES]), samples);
  graph.output('loss', loss);
  graph.output('gradient', gradients(loss, [samples])[0]!);
  const plan = await (await sharedEngine()).compile(graph);
  const out = await plan.run({ sounds: new Float32Array(SAMPLES), samples: new Float32Array(2 * SAMPLES) });
  plan.dispose();
  assert.ok(Math.abs(out.loss![0]!) < 1e-6);
  assert.ok((out.gradient as Float32Array).every(Number.isFinite));
});

test.run();
