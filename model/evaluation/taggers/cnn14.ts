/** CNN14 of PANNs (Kong et al. 2020), as the published checkpoints `Cnn14_mAP=0.431` (32 kHz) and `Cnn14_16k_mAP=0.438`. */

import {
  BINDABLE_BYTES,
  type Checkpoint,
  cnn14Checkpoint,
  cnn14Network,
  splitOutputs,
} from '../../../weights/index.js';
import { type Cnn14Config, cnn14 } from '../../networks/index.js';
import { EvaluationError } from '../errors.js';
import { PannsMel, type PannsMelOptions } from './front-ends/panns-mel.js';
import type { SoundNetwork } from './network-tagger.js';
import { soundWindows } from './windows.js';

/** Front ends, by what their networks' names have behind `CNN14`. */
const FRONT_ENDS: readonly (PannsMelOptions & { suffix: string })[] = [
  { suffix: '', sampleRate: 32_000, size: 1024, hop: 320, bands: 64, low: 50, high: 14_000 },
  { suffix: '-16k', sampleRate: 16_000, size: 512, hop: 160, bands: 64, low: 50, high: 8000 },
];

/** Seconds of the clips that it was trained on. */
const LONGEST = 10;
/** The Fourier basis, whose rows are as long as the front end's window. */
const BASIS = 'spectrogram_extractor.stft.conv_real.weight';
const BLOCKS = [1, 2, 3, 4, 5, 6].map((block) => `conv_block${block}.conv2.weight`);

export const CNN14_TENSORS: string = `CNN14 of PANNs (bn0.weight, ${BLOCKS[0]} to ${BLOCKS.at(-1)}, fc1.weight, fc_audioset.weight; all of them may begin with 'model.')`;

/**
 * The network of a checkpoint, or nothing where it is another's. An embedding is the output of the first fully connected
 * layer. `Cnn14_DecisionLevelMax` has the same tensors and cannot be told apart; its classifier is used as CNN14's.
 *
 * @param mostBytes of a buffer of weights, f32
 * @throws {EvaluationError} when the checkpoint does not tell its front end, or it is for another sample rate
 */
export function cnn14OfPanns(file: Checkpoint, mostBytes: number = BINDABLE_BYTES): SoundNetwork | undefined {
  const checkpoint = cnn14Network(file);
  const outputs = (name: string): number | undefined => checkpoint.tensors.get(name)?.shape[0];
  const channels = BLOCKS.map(outputs);
  const [bands, embedding, classes] = ['bn0.weight', 'fc1.weight', 'fc_audioset.weight'].map(outputs);
  if (bands === undefined || embedding === undefined || classes === undefined) return undefined;
  if (!channels.every((count) => count !== undefined)) return undefined;
  const config: Cnn14Config = { bands, channels, embedding, classes, mostBytes };
  const { suffix, ...options } = frontEndOf(checkpoint);
  const { sampleRate, hop } = options;
  const mel = new PannsMel(options);
  return {
    name: `CNN14${suffix}`,
    sampleRate,
    classes,
    least: { rows: 1 + sampleRate / hop, columns: options.bands },
    spectrograms: (sound) =>
      soundWindows(sound, { longest: LONGEST * sampleRate, step: sampleRate }).map((window) => {
        const { values, frames } = mel.of(window);
        return { values, rows: frames, columns: options.bands };
      }),
    trace(p, spectrogram) {
      const { embeddings, logits } = cnn14(p, config, spectrogram);
      return { embedding: embeddings, logits };
    },
    weights: async () => splitOutputs(await cnn14Checkpoint(checkpoint), mostBytes),
  };
}

function frontEndOf(checkpoint: Checkpoint): (typeof FRONT_ENDS)[number] {
  const size = checkpoint.tensors.get(BASIS)?.shape[2];
  const found = FRONT_ENDS.find((each) => each.size === size);
  if (found) return found;
  const expected = FRONT_ENDS.map((each) => `${each.size} (${each.sampleRate / 1000} kHz)`).join(' or ');
  throw new EvaluationError(
    `${checkpoint.name}: the window of CNN14's front end, the last dimension of ${BASIS}, is ${size ?? 'not there'}; expected ${expected}; use a checkpoint as PANNs published it`,
  );
}
