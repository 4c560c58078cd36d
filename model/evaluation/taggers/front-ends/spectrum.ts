/** Short-time power spectra in f64, as the front ends of the networks define them. */

import { RealFft } from '../../metrics/fft.js';

export interface SpectrumOptions {
  /** Samples of the FFT, a power of two. */
  size: number;
  /** Weights of a frame's samples, at most `size`; zeros follow them in the FFT, which powers do not depend on. */
  window: Float64Array;
  /** Samples from frame to frame. */
  hop: number;
}

/** Row-major [frames, bins]. */
export interface Frames {
  values: Float64Array;
  frames: number;
  bins: number;
}

/**
 * Powers (squared magnitudes) of the windowed frames that begin at the samples 0, hop, 2·hop, … and end within the signal:
 * 1 + ⌊(samples − window) / hop⌋ frames of size/2 + 1 bins.
 */
export function powerSpectra(signal: ArrayLike<number>, { size, window, hop }: SpectrumOptions): Frames {
  const fft = new RealFft(size);
  const { bins } = fft;
  const frames = Math.max(0, 1 + Math.floor((signal.length - window.length) / hop));
  const values = new Float64Array(frames * bins);
  const frame = new Float64Array(size);
  for (let f = 0; f < frames; f++) {
    for (let i = 0; i < window.length; i++) frame[i] = window[i]! * signal[f * hop + i]!;
    const { re, im } = fft.transform(frame);
    for (let k = 0; k < bins; k++) values[f * bins + k] = re[k]! ** 2 + im[k]! ** 2;
  }
  return { values, frames, bins };
}

/** `powerSpectra` of frames that are centered on the samples 0, hop, 2·hop, …, the signal being mirrored at both ends. */
export function centeredPowerSpectra(signal: ArrayLike<number>, options: SpectrumOptions): Frames {
  return powerSpectra(reflected(signal, options.window.length >> 1), options);
}

/** The signal with `count` mirrored samples at each end, which do not repeat the end sample; it must be longer than that. */
function reflected(signal: ArrayLike<number>, count: number): Float64Array {
  const last = signal.length - 1;
  return Float64Array.from({ length: signal.length + 2 * count }, (_, i) => {
    const at = Math.abs(i - count);
    return signal[at <= last ? at : 2 * last - at]!;
  });
}

/** Hann's window: one period of it, or (`symmetric`) with a zero at both ends. */
export function hannWindow(length: number, { symmetric = false }: { symmetric?: boolean } = {}): Float64Array {
  const period = symmetric ? length - 1 : length;
  return Float64Array.from({ length }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / period));
}
