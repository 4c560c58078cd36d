/** The log-mel spectrograms that the networks of PANNs take (`Spectrogram` and `LogmelFilterBank` of `torchlibrosa`). */

import { melFilters } from '../../metrics/stft.js';
import { type MelBand, melBands, melBankOf } from './mel-bank.js';
import { centeredPowerSpectra, hannWindow } from './spectrum.js';

export interface PannsMelOptions {
  /** Hz. */
  sampleRate: number;
  /** Samples of the FFT and of its window. */
  size: number;
  hop: number;
  bands: number;
  /** Edges in Hz. */
  low: number;
  high: number;
}

const LEAST_POWER = 1e-10;

export class PannsMel {
  readonly #options: PannsMelOptions;
  readonly #window: Float64Array;
  readonly #bank: readonly MelBand[];

  constructor(options: PannsMelOptions) {
    const { sampleRate, size, bands, low, high } = options;
    this.#options = options;
    this.#window = hannWindow(size);
    this.#bank = melBankOf(melFilters(sampleRate, size, bands, low, high), bands);
  }

  /** Decibels of the power in Slaney's mel bands, at least −100: row-major [1 + ⌊samples / hop⌋ frames, bands]. */
  of(sound: Float32Array): { values: Float32Array; frames: number } {
    const { size, hop } = this.#options;
    const spectra = centeredPowerSpectra(sound, { size, hop, window: this.#window });
    const mel = melBands(spectra, this.#bank);
    return {
      values: Float32Array.from(mel, (power) => 10 * Math.log10(Math.max(power, LEAST_POWER))),
      frames: spectra.frames,
    };
  }
}
