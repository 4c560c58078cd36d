import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Graph, type Tensor } from '../../../engine/engine.js';
import { Parameters } from '../../../model/networks/parameters.js';
import { predictedTracks } from '../../../model/onset/alignment.js';
import { OnsetPipeline } from '../../../model/onset/pipeline.js';
import { shippedWeights } from '../../../model/onset/shipped-weights.js';
import { openSafetensors, withFile } from '../../../weights/index.js';
import { sharedEngine } from '../../harness/engine.js';
import { GOLDENS, nmse } from '../../harness/goldens.js';
import { suite } from '../../harness/suite.js';

const test = suite('model: parity with PyTorch');

/** Made by tests/oracle/onset_model.py from the shipped weights. */
const GOLDEN_FILE = join(GOLDENS, 'onset.safetensors');

test('every part of the shipped model gives what its PyTorch twin gives, to NMSE 1e-9', async () => {
  const engine = await sharedEngine();
  const { model } = await OnsetPipeline.load(engine, shippedWeights());
  await withFile(GOLDEN_FILE, async (source) => {
    const file = await openSafetensors(source);
    const graph = new Graph();
    const p = new Parameters(graph);
    const inputs: Record<string, Float32Array | Uint32Array> = {};
    for (const name of ['seen', 'noisy', 'tokens', 'tracks', 'latents', 'sound'])
      inputs[name] = await file.readAsF32(`in.${name}`);
    const input = (name: string): Tensor => graph.input(name, file.tensors.get(`in.${name}`)!.shape);
    Object.assign(inputs, {
      time: Float32Array.of(0.25, 0.7),
      class: Uint32Array.of(3, 7),
      keep: Float32Array.of(1, 0),
    });

    const tokens = model.tokens(p, input('seen'));
    const heads = model.heads(p, tokens);
    const condition = model.condition(p, {
      tokens: input('tokens'),
      tracks: input('tracks'),
      classIndex: graph.input('class', [2], 'u32'),
      keep: graph.input('keep', [2]),
    });
    graph.output('tokens', tokens);
    graph.output('tracks', predictedTracks(heads));
    graph.output('classes', heads.classLogits);
    graph.output(
      'velocity',
      model.velocity(p, { noisyLatents: input('noisy'), time: graph.input('time', [2]), condition }),
    );
    graph.output('decoded', model.codec.decode(p, input('latents')));
    graph.output('encoded', model.codec.encode(p, input('sound')));
    const plan = await engine.compile(graph);
    const out = await plan.run(inputs);
    plan.dispose();
    for (const [name, found] of Object.entries(out)) {
      const expected = await file.readAsF32(`out.${name}`);
      const error = nmse(found, expected);
      assert.ok(error <= 1e-9, `${name}: NMSE ${error}`);
    }
  });
});

test.run();
