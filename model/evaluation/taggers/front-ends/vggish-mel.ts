/** The log-mel examples that VGGish takes (`waveform_to_examples` of the PyTorch port `torchvggish`, and of the original). */

import { VGGISH_EXAMPLE } from '../../../networks/index.js';
import { htkMelBank, melBands } from './mel-bank.js';
import { hannWindow, powerSpectra } from './spectrum.js';

export const VGGISH_RATE = 16_000;

const STFT = { size: 512, hop: 160, window: hannWindow(400) };
const bank = htkMelBank({
  sampleRate: VGGISH_RATE,
  size: STFT.size,
  bands: VGGISH_EXAMPLE.bands,
  low: 125,
  high: 7500,
});

/** Samples of the shortest sound that gives an example. */
export const VGGISH_SHORTEST: number = (VGGISH_EXAMPLE.frames - 1) * STFT.hop + STFT.window.length;

/**
 * log(magnitudes in mel bands + .01) of a sound at 16 kHz, cut into examples of 96 frames of 10 ms, each row-major
 * [96, 64]. The frames after the last whole example are left out.
 */
export function vggishExamples(sound: Float32Array): Float32Array[] {
  const spectra = powerSpectra(sound, STFT);
  const mel = melBands({ ...spectra, values: spectra.values.map(Math.sqrt) }, bank);
  const logs = Float32Array.from(mel, (value) => Math.log(value + 0.01));
  const size = VGGISH_EXAMPLE.frames * VGGISH_EXAMPLE.bands;
  return Array.from({ length: Math.floor(logs.length / size) }, (_, i) => logs.subarray(i * size, (i + 1) * size));
}
