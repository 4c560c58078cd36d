/** How late one signal is against the other: by envelopes, then by waveforms (P.862, 10.1.4). */

import { RealFft } from '../fft.js';
import { CrossCorrelator } from './cross-correlation.js';
import { transformSize } from './filters.js';
import type { PaddedSignal } from './signal.js';
import type { RateConstants } from './tables.js';
import type { VoiceActivity } from './voice-activity.js';

/** Both signals, filtered for alignment, with their activity. */
export interface AlignmentPair {
  reference: PaddedSignal;
  degraded: PaddedSignal;
  referenceVoice: VoiceActivity;
  degradedVoice: VoiceActivity;
  rate: RateConstants;
  /** Of frames of the alignment's size. */
  correlator: FrameCorrelator;
}

export interface FineDelay {
  /** Samples by which the degraded signal is late. */
  delay: number;
  /** 0…1: how much the frames agree. */
  confidence: number;
}

/** A stretch of the reference with one delay. */
export interface Utterance extends FineDelay {
  /** Windows of the reference; one utterance begins where the last one ends, but for jumps of the delay. */
  from: number;
  to: number;
  /** Samples by which its envelope is late in the degraded signal: what the delay was searched around. */
  estimate: number;
}

/** Samples (whole windows) by which the activity of the whole degraded signal is late. */
export function overallDelay({ referenceVoice, degradedVoice, rate }: AlignmentPair): number {
  return rate.window * correlationPeak(referenceVoice.logPower, degradedVoice.logPower);
}

/**
 * Samples (whole windows) by which the activity of the degraded signal is late, between windows `from` and `to` of the
 * reference and those `delay` samples later in the degraded signal, on top of `delay`.
 */
export function envelopeDelay(pair: AlignmentPair, from: number, to: number, delay: number): number {
  const { window } = pair.rate;
  const shift = Math.trunc(delay / window);
  const start = Math.max(from, -shift);
  const reference = pair.referenceVoice.logPower.subarray(start, to);
  const degraded = pair.degradedVoice.logPower.subarray(start + shift, to + shift);
  if (reference.length <= 1 || degraded.length <= 1) return delay;
  return delay + window * correlationPeak(reference, degraded);
}

/** The lag of the highest positive cross-correlation, 0 where there is none. */
function correlationPeak(a: Float64Array, b: Float64Array): number {
  const fft = new RealFft(2 * transformSize(Math.max(a.length, b.length)));
  const [first, second] = [new Float64Array(fft.size), new Float64Array(fft.size)];
  first.set(a);
  second.set(b);
  const values = new CrossCorrelator(fft).correlate(first, second);
  let best = 0;
  let highest = 0;
  for (let lag = 1 - a.length; lag < b.length; lag++) {
    const value = values[(lag + fft.size) % fft.size]!;
    if (value > highest) [highest, best] = [value, lag];
  }
  return best;
}

/** Correlates windowed frames of both signals. */
export class FrameCorrelator {
  readonly #correlator: CrossCorrelator;
  readonly #window: Float64Array;
  readonly #frames: readonly [Float64Array, Float64Array];

  constructor(size: number) {
    this.#correlator = new CrossCorrelator(new RealFft(size));
    this.#window = Float64Array.from({ length: size }, (_, n) => 0.5 * (1 - Math.cos((2 * Math.PI * n) / size)));
    this.#frames = [new Float64Array(size), new Float64Array(size)];
  }

  /**
   * Magnitudes of the circular cross-correlation of a frame of `a` and one of `b`, by lag of b; negative lags at the end. The
   * result is overwritten by the next call.
   */
  correlate(a: Float64Array, atA: number, b: Float64Array, atB: number): Float64Array {
    const [window, [first, second]] = [this.#window, this.#frames];
    for (let n = 0; n < window.length; n++) {
      first[n] = window[n]! * a[atA + n]!;
      second[n] = window[n]! * b[atB + n]!;
    }
    const values = this.#correlator.correlate(first, second);
    for (let lag = 0; lag < values.length; lag++) values[lag] = Math.abs(values[lag]!);
    return values;
  }
}

/**
 * A histogram of the lags at which frames of both signals correlate best, smoothed by a triangle. Frames are a quarter of their
 * size apart.
 */
export class LagHistogram {
  readonly #pair: AlignmentPair;
  readonly #delay: number;
  readonly #counts: Float64Array;
  #total = 0;

  /** @param delay samples, as estimated: lags are on top of it, less than half an alignment frame */
  constructor(pair: AlignmentPair, delay: number) {
    this.#pair = pair;
    this.#delay = delay;
    this.#counts = new Float64Array(pair.rate.alignmentSize);
  }

  /** Adds the frame of the reference at sample `at`; false where either signal ends before the frame does. */
  add(at: number): boolean {
    const { reference, degraded, correlator } = this.#pair;
    const size = this.#counts.length;
    const late = at + this.#delay;
    if (at < 0 || late < 0 || late + size > degraded.length || at + size > reference.samples.length) return false;
    const values = correlator.correlate(reference.samples, at, degraded.samples, late);
    let highest = 0;
    for (let lag = 0; lag < size; lag++) if (values[lag]! > highest) highest = values[lag]!;
    const nearPeak = 0.99 * highest;
    const weight = nearPeak ** 0.125;
    for (let lag = 0; lag < size; lag++) if (values[lag]! > nearPeak) this.#count(lag, weight);
    return true;
  }

  #count(lag: number, weight: number): void {
    const size = this.#counts.length;
    const reach = size / 64;
    this.#total += weight;
    for (let k = 1 - reach; k < reach; k++) {
      this.#counts[(lag + k + size) % size]! += weight * (1 - Math.abs(k) / reach);
    }
  }

  best(): FineDelay {
    const size = this.#counts.length;
    let best = 0;
    for (let lag = 1; lag < size; lag++) if (this.#counts[lag]! > this.#counts[best]!) best = lag;
    const confidence = this.#total > 0 ? this.#counts[best]! / this.#total : 0;
    return { delay: this.#delay + (best >= size / 2 ? best - size : best), confidence };
  }
}

/** Delay between windows `from` and `to` of the reference, close to `delay` samples. */
export function waveformDelay(pair: AlignmentPair, from: number, to: number, delay: number): FineDelay {
  const { window, alignmentSize } = pair.rate;
  const histogram = new LagHistogram(pair, delay);
  for (let at = Math.max(from * window, -delay); at + alignmentSize <= to * window; at += alignmentSize / 4) {
    if (!histogram.add(at)) break;
  }
  return histogram.best();
}
