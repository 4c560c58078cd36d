/** VGGish (Hershey et al. 2017), as the checkpoint of the PyTorch port `torchvggish`: embeddings, and no classes. */

import { BINDABLE_BYTES, type Checkpoint, splitOutputs } from '../../../weights/index.js';
import { VGGISH_CONVOLUTIONS, VGGISH_EXAMPLE, type VggishConfig, vggish } from '../../networks/index.js';
import { VGGISH_RATE, VGGISH_SHORTEST, vggishExamples } from './front-ends/vggish-mel.js';
import type { SoundNetwork } from './network-tagger.js';

const CONVOLUTIONS = VGGISH_CONVOLUTIONS.map(({ place }) => `features.${place}.weight`);
const LINEARS = [0, 2, 4].map((place) => `embeddings.${place}.weight`);
const SIZE = { rows: VGGISH_EXAMPLE.frames, columns: VGGISH_EXAMPLE.bands };

export const VGGISH_TENSORS: string = `VGGish (${CONVOLUTIONS[0]} [C, 1, 3, 3] to ${LINEARS.at(-1)})`;

/**
 * The network of a checkpoint, or nothing where it is another's. As in the port, a window is an example of .96 s, examples
 * follow one another without overlap, and what is left after the last whole one is not heard; a sound of less than .975 s is
 * padded with zeros to one example. Embeddings are those after the last ReLU, without PCA and quantization.
 *
 * @param mostBytes of a buffer of weights, f32
 */
export function vggishNetwork(checkpoint: Checkpoint, mostBytes: number = BINDABLE_BYTES): SoundNetwork | undefined {
  const outputs = [...CONVOLUTIONS, ...LINEARS].map((name) => checkpoint.tensors.get(name)?.shape[0]);
  const isVggish = checkpoint.tensors.get(CONVOLUTIONS[0]!)?.shape[1] === 1;
  if (!isVggish || !outputs.every((size) => size !== undefined)) return undefined;
  const [first, second, embedding] = outputs.slice(CONVOLUTIONS.length) as [number, number, number];
  const config: VggishConfig = {
    channels: outputs.slice(0, CONVOLUTIONS.length),
    hidden: [first, second],
    embedding,
    mostBytes,
  };
  return {
    name: 'VGGish',
    sampleRate: VGGISH_RATE,
    least: SIZE,
    spectrograms: (sound) => vggishExamples(atLeast(sound, VGGISH_SHORTEST)).map((values) => ({ values, ...SIZE })),
    trace: (p, spectrogram) => ({ embedding: vggish(p, config, spectrogram) }),
    weights: async () => splitOutputs(checkpoint, mostBytes),
  };
}

/** The sound with zeros behind it up to `length` samples, where it is shorter. */
function atLeast(sound: Float32Array, length: number): Float32Array {
  if (sound.length >= length) return sound;
  const padded = new Float32Array(length);
  padded.set(sound);
  return padded;
}
