/** Stretches that compare so badly that their alignment must be wrong: they are aligned again (P.862, 10.2.10). */

import { RealFft } from '../fft.js';
import { CrossCorrelator } from './cross-correlation.js';
import { transformSize } from './filters.js';
import { leadOf, tailOf } from './signal.js';
import type { RateConstants } from './tables.js';

/** Symmetric disturbance of a bad frame. */
const BAD = 30;
/** Frames: bad ones this far apart are joined, and an interval has as many. */
const REACH = 2;
const FEWEST = 5;
/** Frame sizes by which an interval may be shifted. */
const SEARCH = 4;
const LEAST_CORRELATION = 0.5;

/** Frames from one to before the other. */
export interface Interval {
  from: number;
  to: number;
}

/** Bad intervals in the symmetric disturbances of frames 0, 1, …; one that lasts to the end is not counted. */
export function badIntervals(symmetric: Float64Array): Interval[] {
  const last = symmetric.length - 1;
  const isBad = (frame: number): boolean => frame > 0 && symmetric[frame]! > BAD;
  const anyBad = (from: number, to: number): boolean => {
    for (let frame = from; frame <= to; frame++) if (isBad(frame)) return true;
    return false;
  };
  const intervals: Interval[] = [];
  let from = -1;
  for (let frame = 0; frame <= last; frame++) {
    const inside = frame >= REACH && frame < last - REACH;
    if (inside && anyBad(frame - REACH, frame) && anyBad(frame, frame + REACH)) {
      if (from < 0) from = frame;
    } else if (from >= 0) {
      if (frame - from >= FEWEST) intervals.push({ from, to: frame });
      from = -1;
    }
  }
  return intervals;
}

/**
 * The degraded signal with each interval aligned anew, within four frame sizes, by the correlation of magnitudes.
 *
 * @param degraded aligned with the reference, both padded and equally long
 */
export function realigned(
  reference: Float64Array,
  degraded: Float64Array,
  intervals: readonly Interval[],
  rate: RateConstants,
): Float64Array {
  const result = degraded.slice();
  const end = degraded.length - tailOf(rate);
  for (const interval of intervals) {
    const from = (interval.from * rate.frameSize) / 2 + leadOf(rate);
    const to = (interval.to * rate.frameSize) / 2 + rate.frameSize + leadOf(rate);
    const shift = magnitudeDelay(reference, degraded, from, to, rate);
    for (let i = from; i < to; i++) result[i] = degraded[Math.min(end - 1, Math.max(0, i + shift))]!;
  }
  return result;
}

/** Samples by which the degraded signal is late between two samples; 0 where the signals do not correlate. */
function magnitudeDelay(
  reference: Float64Array,
  degraded: Float64Array,
  from: number,
  to: number,
  rate: RateConstants,
): number {
  const reach = SEARCH * rate.frameSize;
  const count = to - from + 2 * reach;
  const fft = new RealFft(transformSize(2 * count));
  const a = new Float64Array(fft.size);
  const b = new Float64Array(fft.size);
  const [first, last] = [leadOf(rate), degraded.length - leadOf(rate) - 1];
  for (let i = 0; i < to - from; i++) a[reach + i] = Math.abs(reference[from + i]!);
  for (let i = 0; i < count; i++) b[i] = Math.abs(degraded[Math.min(last, Math.max(first, from - reach + i))]!);
  const scale = Math.sqrt(energy(a) * energy(b));
  if (Math.min(energy(a), energy(b)) / fft.size <= 1e-6) return 0;
  const correlation = new CrossCorrelator(fft).correlate(a, b);
  let delay = 0;
  let highest = 0;
  for (let lag = -reach; lag < reach; lag++) {
    const value = Math.abs(correlation[(lag + fft.size) % fft.size]!) / scale;
    if (value > highest) [highest, delay] = [value, lag];
  }
  return highest < LEAST_CORRELATION ? 0 : delay;
}

const energy = (values: Float64Array): number => values.reduce((sum, v) => sum + v * v, 0);
