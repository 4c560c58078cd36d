import assert from 'node:assert/strict';
import { type Engine, Graph } from '../../../engine/engine.js';
import { ImageClassifier } from '../../../model/appearance/image-classifier.js';
import {
  EFFICIENTNET_LITE0,
  type EfficientNetLiteConfig,
  efficientNetLite,
  Parameters,
} from '../../../model/networks/index.js';
import { openCheckpoint, type TensorToWrite, tensorOf, writeSafetensors } from '../../../weights/index.js';
import { guestEngine } from '../../harness/engine.js';
import { GOLDENS, nmse } from '../../harness/goldens.js';
import { suite } from '../../harness/suite.js';
import { inScratchFolder } from '../../weights/scratch.js';

/** One for the file: each engine compiles its kernels anew. */
let opened: Promise<Engine> | undefined;
const engineOfTheFile = (): Promise<Engine> => (opened ??= guestEngine());

const test = suite('model: EfficientNet-Lite');
const golden = `${GOLDENS}/efficientnet-lite.safetensors`;

/** The golden file's network alone, as a checkpoint of its own; `rename` gives other names or drops a tensor. */
async function withWeights(
  rename: (name: string) => string | undefined,
  use: (path: string, config: EfficientNetLiteConfig, read: (name: string) => Promise<Float32Array>) => Promise<void>,
): Promise<void> {
  const file = await openCheckpoint(golden);
  try {
    const config = JSON.parse(String(file.values.get('config'))) as EfficientNetLiteConfig;
    const tensors: TensorToWrite[] = [];
    for (const [name, { shape }] of file.tensors) {
      const renamed = /^(in|out)\./.test(name) ? undefined : rename(name);
      if (renamed !== undefined) tensors.push(tensorOf(renamed, shape, await file.readAsF32(name)));
    }
    await inScratchFolder(async (folder) => {
      await writeSafetensors(`${folder}/weights.safetensors`, tensors);
      await use(`${folder}/weights.safetensors`, config, (name) => file.readAsF32(name));
    });
  } finally {
    await file.close();
  }
}

async function check(
  engine: Engine,
  rename: (name: string) => string | undefined,
  dtype: 'f32' | 'f16',
  bar: number,
): Promise<void> {
  await withWeights(rename, async (path, config, read) => {
    const classifier = await ImageClassifier.load(engine, path, { config, dtype });
    const { features, logits } = await classifier.classify(await read('in.pictures'));
    assert.ok(nmse(features, await read('out.features')) <= bar);
    assert.ok(nmse(logits, await read('out.logits')) <= bar);
    await classifier.dispose();
  });
}

test('features and logits are those of the PyTorch package, to NMSE 1e-9', async () =>
  check(await engineOfTheFile(), (name) => name, 'f32', 1e-9));

test('weights in f16 give them to NMSE 1e-5', async () => {
  const engine = await guestEngine();
  if (engine.profile.f16) await check(engine, (name) => name, 'f16', 1e-5);
});

test('timm’s names are the same network', async () => check(await engineOfTheFile(), timmName, 'f32', 1e-9));

/** What timm calls a tensor of the small network, whose stages have 1, 2, 2 and 1 blocks. */
function timmName(name: string): string {
  const places = ['0.0', '1.0', '1.1', '2.0', '2.1', '3.0'];
  const [, block, layer, part] = /^_blocks\.(\d)\._(\w+)\.(\w+)$/.exec(name) ?? [];
  if (block === undefined) {
    const outside: Record<string, string> = { _bn0: 'bn1', _bn1: 'bn2', _fc: 'classifier' };
    const [first, rest] = name.split('.') as [string, string];
    return `${outside[first] ?? first.slice(1)}.${rest}`;
  }
  const narrow = { depthwise_conv: 'conv_dw', bn1: 'bn1', project_conv: 'conv_pw', bn2: 'bn2' };
  const wide = {
    ...{ expand_conv: 'conv_pw', bn0: 'bn1', depthwise_conv: 'conv_dw' },
    ...{ bn1: 'bn2', project_conv: 'conv_pwl', bn2: 'bn3' },
  };
  const names: Record<string, string> = block === '0' ? narrow : wide;
  return `blocks.${places[Number(block)]}.${names[layer!]}.${part}`;
}

test('what a checkpoint lacks is named, and a normalisation that does not fit', async () => {
  const engine = await engineOfTheFile();
  const without = (lost: string) => (name: string) => (name === lost ? undefined : name);
  await withWeights(without('_blocks.1._bn1.running_var'), async (path, config) => {
    await assert.rejects(ImageClassifier.load(engine, path, { config }), {
      name: 'TensorMatchError',
      message: /_blocks\.1\._depthwise_conv\.weight/,
    });
  });
  const swapped = (name: string): string =>
    name.replace(/^_bn([01])\.running_mean$/, (_, which) => `_bn${1 - Number(which)}.running_mean`);
  await withWeights(swapped, async (path, config) => {
    await assert.rejects(ImageClassifier.load(engine, path, { config }), {
      name: 'LayoutError',
      message: /_bn0\.running_mean.*expected \[32\], found \[24\]/s,
    });
  });
});

test('Lite0 gives 1280 features and 1000 classes', () => {
  const graph = new Graph();
  const { features, logits } = efficientNetLite(
    new Parameters(graph),
    EFFICIENTNET_LITE0,
    graph.input('images', [2, 224, 224, 3]),
  );
  assert.deepEqual(features.shape, [2, 1280]);
  assert.deepEqual(logits.shape, [2, 1000]);
});

test.run();
