/** Log-mel spectrograms as pictures. */

import { melFilters, melPowers, stftMagnitudes } from '../../metrics/stft.js';
import { encodePng, type IndexedPicture } from './png.js';

const WINDOW = 512;
/** Seconds from one frame to the next. */
const HOP = 0.01;
const BANDS = 64;
const LOWEST = 50;
/** Decibels below the loudest value that still differ from black, and the steps they are shown in. */
const RANGE = 70;
const LEVELS = 32;
/** Mel power that the range ends at where nothing is louder: about that of a sine at −40 dBFS. */
const QUIET = 0.03;
/** Columns of the widest picture: longer sounds show the maximum of neighboring frames. */
const WIDEST = 400;

/** The spectrogram as a PNG file, low frequencies at the bottom, scaled to its own maximum or `QUIET`. */
export function spectrogramPng(samples: Float32Array, sampleRate: number): Buffer {
  return encodePng(spectrogramPicture(samples, sampleRate), PALETTE);
}

function spectrogramPicture(samples: Float32Array, sampleRate: number): IndexedPicture {
  const spectrogram = stftMagnitudes(samples, WINDOW, Math.round(HOP * sampleRate));
  const filters = melFilters(sampleRate, WINDOW, BANDS, LOWEST, sampleRate / 2);
  const mel = melPowers(spectrogram, filters, BANDS);
  const together = Math.ceil(spectrogram.frames / WIDEST);
  const width = Math.ceil(spectrogram.frames / together);
  const powers = new Float64Array(width * BANDS);
  for (let frame = 0; frame < spectrogram.frames; frame++) {
    for (let band = 0; band < BANDS; band++) {
      const at = (BANDS - 1 - band) * width + Math.floor(frame / together);
      powers[at] = Math.max(powers[at]!, mel[frame * BANDS + band]!);
    }
  }
  const loudest = powers.reduce((a, b) => Math.max(a, b), QUIET);
  const indices = Uint8Array.from(powers, (power) => {
    const share = power > 0 ? 1 + (10 * Math.log10(power / loudest)) / RANGE : 0;
    return Math.max(0, Math.round(share * (LEVELS - 1)));
  });
  return { width, height: BANDS, indices };
}

/** Points of the colormap magma (van der Walt and Smith, 2015, released as CC0), evenly spaced. */
const MAGMA: readonly (readonly [number, number, number])[] = [
  [0, 0, 4],
  [28, 16, 68],
  [79, 18, 123],
  [129, 37, 129],
  [181, 54, 122],
  [229, 80, 100],
  [251, 135, 97],
  [254, 194, 135],
  [252, 253, 191],
];

const PALETTE: readonly (readonly number[])[] = Array.from({ length: LEVELS }, (_, level) => {
  const at = (level / (LEVELS - 1)) * (MAGMA.length - 1);
  const [below, above] = [MAGMA[Math.floor(at)]!, MAGMA[Math.ceil(at)]!];
  return below.map((value, channel) => Math.round(value + (above[channel]! - value) * (at - Math.floor(at))));
});
