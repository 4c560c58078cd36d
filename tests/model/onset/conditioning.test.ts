/** The switches of a model's config that ablations turn: what each changes in the denoiser, and what it must not. */

import assert from 'node:assert/strict';
import { Graph } from '../../../engine/engine.js';
import { Random } from '../../../model/foley/random.js';
import { Parameters } from '../../../model/networks/index.js';
import { type ModelConfig, modelConfig } from '../../../model/onset/config.js';
import { buildModel } from '../../../model/onset/model.js';
import { guestEngine } from '../../harness/engine.js';
import { suite } from '../../harness/suite.js';
import { tinyConfig } from '../training/examples.js';

const test = suite('onset: conditioning');

const [LENGTH, WIDTH, CHANNELS] = [12, 32, 8];

/** The tiny model with changes. */
function configOf(changes: { generator?: object; embeddings?: object } = {}): ModelConfig {
  const { model } = tinyConfig();
  return modelConfig.parse({
    ...model,
    generator: { ...model.generator, ...changes.generator },
    ...(changes.embeddings && { embeddings: changes.embeddings }),
  });
}

interface Inputs {
  tokens: Float32Array;
  tracks: Float32Array;
  class: Uint32Array;
}

/** Gives the velocity of the flow for a condition, by a model whose weights are random by their names. */
async function denoiser(config: ModelConfig): Promise<{
  names: string[];
  velocity: (inputs: Inputs) => Promise<Float32Array>;
}> {
  const engine = await guestEngine();
  const model = buildModel(config);
  const graph = new Graph();
  const p = new Parameters(graph);
  const condition = model.condition(p, {
    tokens: graph.input('tokens', [1, LENGTH, WIDTH]),
    tracks: graph.input('tracks', [1, LENGTH, 8]),
    classIndex: graph.input('class', [1], 'u32'),
    keep: graph.constant(Float32Array.of(1), [1]),
  });
  const noisyLatents = graph.constant(normals('noise', LENGTH * CHANNELS), [1, LENGTH, CHANNELS]);
  const time = graph.constant(Float32Array.of(0.3), [1]);
  graph.output('velocity', model.velocity(p, { noisyLatents, time, condition }));
  for (const { name, shape } of p.specs.values()) {
    const values = normals(
      name,
      shape.reduce((a, b) => a * b, 1),
    ).map((value) => 0.3 * value);
    engine.variables.write(name, { shape, dtype: 'f32' }, values);
  }
  const plan = await engine.compile(graph);
  return {
    names: [...p.specs.keys()],
    async velocity(inputs) {
      const used = Object.entries(inputs).filter(([name]) => plan.program.inputs.has(name));
      return (await plan.run(Object.fromEntries(used))).velocity as Float32Array;
    },
  };
}

function normals(stream: string, count: number): Float32Array {
  const random = new Random(1, stream);
  return Float32Array.from({ length: count }, () => random.normal());
}

const INPUTS: Inputs = {
  tokens: normals('tokens', LENGTH * WIDTH),
  tracks: normals('tracks', LENGTH * 8),
  class: Uint32Array.of(2),
};

/** Rows in reverse order. */
const reversed = (values: Float32Array): Float32Array => {
  const width = values.length / LENGTH;
  return Float32Array.from(values, (_, i) => values[(LENGTH - 1 - Math.floor(i / width)) * width + (i % width)]!);
};
const otherOrder: Inputs = { ...INPUTS, tokens: reversed(INPUTS.tokens), tracks: reversed(INPUTS.tracks) };

/** Greatest difference. */
const change = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

test('a config without the switches is the one with all of them as they are by default, bit for bit', async () => {
  const plain = await denoiser(configOf());
  const explicit = await denoiser(
    configOf({
      generator: { conditioning: 'dense' },
      embeddings: { position: true, onset: true, energy: true, class: true },
    }),
  );
  assert.deepEqual(explicit.names, plain.names);
  assert.deepEqual(await explicit.velocity(INPUTS), await plain.velocity(INPUTS));
  assert.deepEqual(modelConfig.parse(tinyConfig().model), tinyConfig().model, 'nothing is filled in');
});

test('dense conditions count at their own time; cross-attention without positions sees them as a set', async () => {
  const dense = await denoiser(configOf());
  assert.ok(change(await dense.velocity(INPUTS), await dense.velocity(otherOrder)) > 0.1);

  const conditioning = { generator: { conditioning: 'cross-attention' } };
  const unordered = await denoiser(configOf({ ...conditioning, embeddings: { position: false } }));
  const found = await unordered.velocity(INPUTS);
  assert.ok(change(found, await unordered.velocity(otherOrder)) < 1e-4, 'their order does not matter');
  const others = { ...INPUTS, tokens: normals('others', LENGTH * WIDTH) };
  assert.ok(change(found, await unordered.velocity(others)) > 0.1, 'but what they are does');

  const positioned = await denoiser(configOf(conditioning));
  assert.ok(change(await positioned.velocity(INPUTS), await positioned.velocity(otherOrder)) > 0.1);
  assert.deepEqual(
    positioned.names.filter((name) => !dense.names.includes(name)).map((name) => name.replace('generator.', '')),
    ['q', 'kv', 'project'].flatMap((name) => [`block0.cross.${name}.weight`, `block0.cross.${name}.bias`]),
  );
});

test('without its embedding neither track, nor the class, has an influence; the others keep theirs', async () => {
  /** Inputs of which one part is another. */
  const changed = {
    onset: { ...INPUTS, tracks: INPUTS.tracks.map((value, i) => (i % 8 < 4 ? value + 1 : value)) },
    energy: { ...INPUTS, tracks: INPUTS.tracks.map((value, i) => (i % 8 < 4 ? value : value + 1)) },
    class: { ...INPUTS, class: Uint32Array.of(4) },
  };
  for (const off of ['onset', 'energy', 'class'] as const) {
    const { velocity, names } = await denoiser(configOf({ embeddings: { [off]: false } }));
    const plain = await velocity(INPUTS);
    for (const [name, inputs] of Object.entries(changed)) {
      const difference = change(plain, await velocity(inputs));
      if (name === off) assert.equal(difference, 0, `${name} without it`);
      else assert.ok(difference > 1e-3, `${name} without ${off}: ${difference}`);
    }
    assert.equal(names.includes('generator.condition.class'), off !== 'class');
  }
  const { velocity } = await denoiser(configOf({ embeddings: { onset: false, energy: false } }));
  assert.equal(change(await velocity(INPUTS), await velocity({ ...INPUTS, tracks: normals('else', LENGTH * 8) })), 0);
});

test('the position embedding is part of what self-attention gives', async () => {
  const [positioned, without] = [
    await denoiser(configOf()),
    await denoiser(configOf({ embeddings: { position: false } })),
  ];
  assert.deepEqual(without.names, positioned.names, 'it has no weights');
  assert.ok(change(await positioned.velocity(INPUTS), await without.velocity(INPUTS)) > 1e-3);
});

test('a switch that does not exist is refused by its path', () => {
  for (const changes of [{ generator: { conditioning: 'sparse' } }, { embeddings: { sound: true } }]) {
    assert.throws(() => configOf(changes), /conditioning|embeddings/);
  }
});

test.run();
