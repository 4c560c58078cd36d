/**
 * The spectral energy distance (Gritsenko et al. 2020, "A spectral energy distance for parallel speech synthesis"): with two
 * samples y and y′ of a decoder for each sound x, ½d(x, y) + ½d(x, y′) − ½d(y, y′). Its expectation is least where the samples
 * are distributed as the sounds are, so that noise is answered with noise and not with its mean, as a distance alone would have.
 */

import {
  abs,
  add,
  addScalar,
  div,
  log,
  maximum,
  mean,
  modulus,
  reshape,
  scale,
  slice,
  stft,
  sub,
  type Tensor,
} from '../../engine/engine.js';
import { STFT_RESOLUTIONS } from './stft-resolutions.js';

/** What sounds [B, S] are compared in, by absolute differences: a spectrogram, say, [B, ...]. */
export type View = (sounds: Tensor) => Tensor;

/** The energy distance in a view, of sounds [B, S] and two samples of each, [2·B, S], all first ones before the second → [1]. */
export function energyDistance(sounds: Tensor, samples: Tensor, view: View): Tensor {
  return mean(energies(view(sounds), halves(samples).map(view)));
}

/** Mean absolute difference of sounds [B, S] and two samples of each [2·B, S] in a view → [1]. */
export function meanDistance(sounds: Tensor, samples: Tensor, view: View): Tensor {
  const x = view(sounds);
  return mean(abs(sub(reshape(view(samples), [2, ...x.shape]), x)));
}

/** |x − y|/2 + |x − y′|/2 − |y − y′|/2, element by element. */
function energies(x: Tensor, [y, z]: readonly Tensor[]): Tensor {
  const distance = (a: Tensor, b: Tensor): Tensor => abs(sub(a, b));
  return scale(sub(add(distance(x, y!), distance(x, z!)), distance(y!, z!)), 0.5);
}

/** The first and the second samples. */
function halves(samples: Tensor): [Tensor, Tensor] {
  const batch = samples.shape[0]! / 2;
  return [slice(samples, 0, 0, batch), slice(samples, 0, batch, 2 * batch)];
}

/** Weight of the differences of log magnitudes beside those of magnitudes. */
const LOG_WEIGHT = 0.25;

/**
 * Mean over four STFTs of the energy distances of magnitudes, in units of the sound's mean magnitude, and ¼ of that of
 * log(magnitude + 1e-3). Sounds [B, S], samples [2·B, S] → [1].
 */
export function spectralEnergyDistance(sounds: Tensor, samples: Tensor): Tensor {
  const both = halves(samples);
  const terms = STFT_RESOLUTIONS.map(([nFft, hop]) => {
    const magnitudes: View = (x) => modulus(stft(x, { nFft, hop, framing: 'same' }), 'magnitude', { eps: 1e-12 });
    const logs: View = (magnitude) => log(addScalar(magnitude, 1e-3));
    const [x, y] = [magnitudes(sounds), both.map(magnitudes)];
    const level = maximum(mean(x, [1, 2]), 1e-3);
    const relative = mean(div(mean(energies(x, y), [1, 2]), level));
    return add(relative, scale(mean(energies(logs(x), y.map(logs))), LOG_WEIGHT));
  });
  return scale(terms.reduce(add), 1 / terms.length);
}
