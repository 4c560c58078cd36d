import assert from 'node:assert/strict';
import { Graph, type Tensor } from '../../../engine/engine.js';
import {
  clipVision,
  clipVisionConfig,
  clipVisionTokens,
  countParameters,
  Parameters,
} from '../../../model/networks/index.js';
import { sharedEngine } from '../../harness/engine.js';
import { type Golden, runGolden } from '../../harness/goldens.js';
import { suite } from '../../harness/suite.js';

const test = suite('model: CLIP vision tower');

function stages({ p, config, input }: Golden): Record<string, Tensor> {
  const clip = clipVisionConfig.parse(config);
  const frames = input('frames');
  return p.in('vid_fea_extractor', () => {
    const out: Record<string, Tensor> = {};
    out.image_embeds = p.in('clip_vision', () =>
      clipVision(p, clip, frames, (name, value) => {
        out[name] = value;
      }),
    );
    out.tokens = clipVisionTokens(p, clip, frames, 40).tokens;
    return out;
  });
}

test('every stage gives what transformers gives, to NMSE 1e-9', async () => {
  const out = await runGolden(await sharedEngine(), 'clip-vision', stages, { bar: 1e-9 });
  assert.deepEqual(Object.keys(out).sort(), [
    'embeddings',
    'image_embeds',
    'layers.0',
    'layers.1',
    'layers.2',
    'tokens',
  ]);
});

test('weights in f16 give it to NMSE 1e-5', async () => {
  const engine = await sharedEngine();
  if (engine.profile.f16) await runGolden(engine, 'clip-vision', stages, { bar: 1e-5, weights: 'f16' });
});

test('the default config is ViT-L/14 with the size of the release', () => {
  const graph = new Graph();
  const p = new Parameters(graph);
  const frames = graph.input('frames', [1, 224, 224, 3]);
  const { tokens } = p.in('vid_fea_extractor', () => clipVisionTokens(p, clipVisionConfig.parse({}), frames, 2048));
  assert.deepEqual(tokens.shape, [1, 2048]);
  const size = (prefix: string): number =>
    countParameters([...p.specs.values()].filter((s) => s.name.startsWith(`vid_fea_extractor.${prefix}.`)));
  assert.equal(size('clip_vision'), 303_966_208);
  assert.equal(size('linear_layer'), 1_574_912);
});

test('a config with another activation is refused by name', () => {
  assert.throws(() => clipVisionConfig.parse({ hidden_act: 'gelu' }), /hidden_act/);
  assert.throws(() => clipVisionConfig.parse({ num_attention_heads: 15 }), /num_attention_heads/);
});

test.run();
