/** The log-mel spectrogram that EfficientAT's networks take (`AugmentMelSTFT` of its published code, in evaluation). */

import { htkMelBank, melBands } from './mel-bank.js';
import { centeredPowerSpectra, hannWindow } from './spectrum.js';

export const EFFICIENTAT_MEL = { sampleRate: 32_000, bands: 128 } as const;

const PRE_EMPHASIS = 0.97;
const STFT = { size: 1024, hop: 320, window: hannWindow(800, { symmetric: true }) };
const bank = htkMelBank({ ...EFFICIENTAT_MEL, size: STFT.size, low: 0, high: 15_000 });

/**
 * (log(power in mel bands + 1e-5) + 4.5) / 5 of a sound at 32 kHz after pre-emphasis, y[n] = x[n + 1] − .97 x[n]: row-major
 * [128 bands, frames], with a frame for each 10 ms. The sound has more than 400 samples.
 */
export function efficientAtMel(sound: Float32Array): { values: Float32Array; frames: number } {
  const emphasized = Float64Array.from(
    { length: sound.length - 1 },
    (_, n) => sound[n + 1]! - PRE_EMPHASIS * sound[n]!,
  );
  const spectra = centeredPowerSpectra(emphasized, STFT);
  const { frames } = spectra;
  const mel = melBands(spectra, bank);
  const values = new Float32Array(mel.length);
  for (let f = 0; f < frames; f++) {
    for (let band = 0; band < bank.length; band++) {
      values[band * frames + f] = (Math.log(mel[f * bank.length + band]! + 1e-5) + 4.5) / 5;
    }
  }
  return { values, frames };
}
