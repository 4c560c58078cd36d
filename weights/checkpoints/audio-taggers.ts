/**
 * How published audio taggers name their layers: EfficientAT (`mn04_as_mAP_432.pt` and its other widths) and CNN14 of PANNs
 * (`Cnn14_mAP=0.431.pth`). Both keep batch norm beside each convolution; here it is folded into them.
 */

import type { Checkpoint } from '../checkpoint.js';
import { selectTensors } from '../checkpoint-map.js';
import { foldBatchNorm, type NormalisedConv } from '../fold-batch-norm.js';

/** ε of each network's batch norm. */
const EPSILON = { efficientAt: 1e-3, cnn14: 1e-5 } as const;

/** What training counts, and what is computed by other means here: the STFT and the mel filters of PANNs. */
const LEFT_OUT = [
  'num_batches_tracked',
  'spectrogram_extractor.stft.conv_real.weight',
  'spectrogram_extractor.stft.conv_imag.weight',
  'logmel_extractor.melW',
];

/** A checkpoint of PANNs is a whole training state, whose network lies under this name. */
const PANNS_PREFIX = 'model.';

/** `features.0.0` is a convolution where `features.0.1` is a batch norm. */
export function efficientAtCheckpoint(checkpoint: Checkpoint): Promise<Checkpoint> {
  return foldNamed(selectTensors(checkpoint, { prefix: '', names: [''], ignored: LEFT_OUT }), {
    normOf: (layer) => (layer.endsWith('.0') ? layer.replace(/0$/, '1') : undefined),
    epsilon: EPSILON.efficientAt,
  });
}

/** `conv_block1.conv1` is followed by `conv_block1.bn1`; `checkpoint` is the network's, as `cnn14Network` gives it. */
export function cnn14Checkpoint(checkpoint: Checkpoint): Promise<Checkpoint> {
  return foldNamed(selectTensors(checkpoint, { prefix: '', names: [''], ignored: LEFT_OUT }), {
    normOf: (layer) => (/\.conv\d$/.test(layer) ? layer.replace(/conv(\d)$/, 'bn$1') : undefined),
    epsilon: EPSILON.cnn14,
  });
}

/** The network of a checkpoint of PANNs, also of one that holds nothing else. */
export function cnn14Network(checkpoint: Checkpoint): Checkpoint {
  const prefix = checkpoint.tensors.has(`${PANNS_PREFIX}bn0.weight`) ? PANNS_PREFIX : '';
  return selectTensors(checkpoint, { prefix, names: [''], ignored: [] });
}

/** Folds the norm that `normOf` names for a layer into it, where there is one; all other tensors stay as they are. */
function foldNamed(
  checkpoint: Checkpoint,
  { normOf, epsilon }: { normOf: (layer: string) => string | undefined; epsilon: number },
): Promise<Checkpoint> {
  const convs = new Map<string, NormalisedConv>();
  for (const name of checkpoint.tensors.keys()) {
    const conv = name.endsWith('.weight') ? name.slice(0, -'.weight'.length) : undefined;
    const norm = conv === undefined ? undefined : normOf(conv);
    if (norm !== undefined && checkpoint.tensors.has(`${norm}.running_mean`)) convs.set(conv!, { conv: conv!, norm });
  }
  const norms = new Set([...convs.values()].map(({ norm }) => norm));
  const layerOf = (name: string): string => name.slice(0, name.lastIndexOf('.'));
  const kept = [...checkpoint.tensors.keys()].filter((name) => !convs.has(layerOf(name)) && !norms.has(layerOf(name)));
  return foldBatchNorm(checkpoint, { convs, kept: new Map(kept.map((name) => [name, name])), epsilon });
}
