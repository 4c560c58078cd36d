/** From a checkpoint that a user has to a tagger: which of the published networks it is follows from its tensors. */

import type { Engine } from '../../../engine/engine.js';
import { type Checkpoint, openCheckpoint } from '../../../weights/index.js';
import { EvaluationError } from '../errors.js';
import { classLabels } from './class-labels.js';
import { CNN14_TENSORS, cnn14OfPanns } from './cnn14.js';
import { EFFICIENTAT_TENSORS, efficientAt } from './efficientat.js';
import { NetworkTagger, type SoundNetwork } from './network-tagger.js';
import type { SoundTagger } from './tagger.js';
import { VGGISH_TENSORS, vggishNetwork } from './vggish.js';

interface KnownNetwork {
  /** Its name, and tensors by which it is known. */
  tensors: string;
  recognize(checkpoint: Checkpoint): SoundNetwork | undefined;
}

const NETWORKS: readonly KnownNetwork[] = [
  { tensors: EFFICIENTAT_TENSORS, recognize: efficientAt },
  { tensors: VGGISH_TENSORS, recognize: vggishNetwork },
  { tensors: CNN14_TENSORS, recognize: cnn14OfPanns },
];

export interface OpenTaggerOptions {
  /** CSV with the names of the classes; default: one of AudioSet's table beside the checkpoint, else numbers. */
  labels?: string;
  signal?: AbortSignal;
}

/**
 * Loads a published network from a file, PyTorch's or safetensors. Several may live on one engine: each has variables of
 * its own. The caller disposes it.
 *
 * @throws {EvaluationError} when the file holds none of the networks that are known, or the class labels do not fit
 * @throws {WeightsError} when the file cannot be read, or its tensors are not all those of its network
 */
export async function openTagger(engine: Engine, path: string, options: OpenTaggerOptions = {}): Promise<SoundTagger> {
  const checkpoint = await openCheckpoint(path);
  try {
    const network = recognized(checkpoint);
    const { classes } = network;
    const names = classes === undefined ? undefined : await classLabels(path, classes, options.labels);
    return await NetworkTagger.load(engine, network, names, options.signal);
  } finally {
    await checkpoint.close();
  }
}

function recognized(checkpoint: Checkpoint): SoundNetwork {
  for (const { recognize } of NETWORKS) {
    const network = recognize(checkpoint);
    if (network) return network;
  }
  const expected = NETWORKS.map(({ tensors }) => tensors).join('; ');
  const found = [...checkpoint.tensors.keys()].slice(0, 3).join(', ') || 'none';
  throw new EvaluationError(
    `${checkpoint.name} is none of the audio networks that are known. Expected tensors of one of these: ${expected}. Found ${checkpoint.tensors.size} tensors: ${found}…`,
  );
}
