/** EfficientAT (Schmid et al. 2023): taggers of AudioSet's 527 classes, as the published checkpoints `mn01_as` to `mn40_as`. */

import { type Checkpoint, efficientAtCheckpoint } from '../../../weights/index.js';
import { mobileNetV3, mobileNetV3Config, mobileNetV3Width } from '../../networks/index.js';
import { EFFICIENTAT_MEL, efficientAtMel } from './front-ends/efficientat-mel.js';
import type { SoundNetwork } from './network-tagger.js';
import { soundWindows } from './windows.js';

/** Trained on clips of 10 s. */
const WINDOWS = { longest: 10 * EFFICIENTAT_MEL.sampleRate, step: EFFICIENTAT_MEL.sampleRate };

export const EFFICIENTAT_TENSORS =
  'EfficientAT (features.0.0.weight [C, 1, 3, 3], classifier.2.weight, classifier.5.weight)';

/**
 * The network of a checkpoint, or nothing where it is another's. Its width follows from the classifier; an embedding is the
 * mean of the last convolution over bands and time. Checkpoints for other hops or numbers of bands (`mn10_as_hop_15`,
 * `mn10_as_mels_64`) have the same tensors and cannot be told apart: they are not for this front end.
 */
export function efficientAt(checkpoint: Checkpoint): SoundNetwork | undefined {
  const shape = (name: string): readonly number[] | undefined => checkpoint.tensors.get(name)?.shape;
  const hidden = shape('classifier.2.weight')?.[0];
  const classes = shape('classifier.5.weight')?.[0];
  if (shape('features.0.0.weight')?.[1] !== 1 || hidden === undefined || classes === undefined) return undefined;
  const width = mobileNetV3Width(hidden);
  const config = mobileNetV3Config(width, classes);
  return {
    name: `mn${String(Math.round(10 * width)).padStart(2, '0')}`,
    sampleRate: EFFICIENTAT_MEL.sampleRate,
    classes,
    least: { rows: EFFICIENTAT_MEL.bands, columns: 100 },
    spectrograms: (sound) =>
      soundWindows(sound, WINDOWS).map((window) => {
        const { values, frames } = efficientAtMel(window);
        return { values, rows: EFFICIENTAT_MEL.bands, columns: frames };
      }),
    trace(p, spectrogram) {
      const { features, logits } = mobileNetV3(p, config, spectrogram);
      return { embedding: features, logits };
    },
    weights: () => efficientAtCheckpoint(checkpoint),
  };
}
