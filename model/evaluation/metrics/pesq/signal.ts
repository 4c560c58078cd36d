/** The signals that PESQ compares: levels made equal, filtered, with silence around them (P.862, 10.1.1 and 10.1.2). */

import { filterSection, ResponseFilter } from './filters.js';
import { HANDSET, LEVEL_BAND, type RateConstants } from './tables.js';

export type PesqMode = 'narrow band' | 'wide band';

/** Windows of silence before and after each signal, within which delays are searched. */
export const SEARCH_WINDOWS = 75;
/** Seconds of silence that frames and filters may run into at the end. */
const TAIL = 0.32;
/** Mean power from 350 to 3250 Hz that both signals are brought to. */
const TARGET_POWER = 1e7;

/** A signal within silence: `lead` zeros, the samples, and zeros for as long again and the tail. */
export interface PaddedSignal {
  /** [length + tail] */
  samples: Float64Array;
  /** Without the tail. */
  length: number;
}

export const leadOf = ({ window }: RateConstants): number => SEARCH_WINDOWS * window;
export const tailOf = ({ hz }: RateConstants): number => TAIL * hz;

/** Both sounds of a pair, prepared. */
export function prepareSignals(
  sounds: readonly [Float64Array, Float64Array],
  mode: PesqMode,
  rate: RateConstants,
): [PaddedSignal, PaddedSignal] {
  const longest = Math.max(sounds[0].length, sounds[1].length);
  const filters = (length: number): Filters => ({
    level: new ResponseFilter(length + tailOf(rate), rate.hz, LEVEL_BAND),
    handset: mode === 'narrow band' ? new ResponseFilter(length + tailOf(rate), rate.hz, HANDSET) : null,
  });
  const first = filters(sounds[0].length);
  const second = sounds[0].length === sounds[1].length ? first : filters(sounds[1].length);
  return [prepared(sounds[0], longest, first, rate), prepared(sounds[1], longest, second, rate)];
}

/** For sounds of one length. */
interface Filters {
  level: ResponseFilter;
  /** Null for the wide band. */
  handset: ResponseFilter | null;
}

function prepared(
  samples: Float64Array,
  longest: number,
  { level, handset }: Filters,
  rate: RateConstants,
): PaddedSignal {
  const lead = leadOf(rate);
  const withTail = samples.length + tailOf(rate);
  const power = level.apply(samples, withTail).reduce((sum, v) => sum + v * v, 0) / (longest + tailOf(rate));
  const gain = Math.sqrt(TARGET_POWER / power);
  const leveled = samples.map((v) => v * gain);
  const padded = new Float64Array(withTail + 2 * lead);
  if (handset) {
    padded.set(handset.apply(leveled, withTail), lead);
  } else {
    fadeEnds(leveled);
    filterSection(leveled, rate.wideBandFilter);
    padded.set(leveled, lead);
  }
  return { samples: padded, length: samples.length + 2 * lead };
}

/** The same signal as time alignment sees it: without its mean, with soft ends, band-limited. */
export function alignmentSignal({ samples, length }: PaddedSignal, rate: RateConstants): PaddedSignal {
  const lead = leadOf(rate);
  const filtered = samples.slice();
  const body = filtered.subarray(lead, length - lead);
  // The divisor is the padded length in the reference implementation; scores are calibrated with it.
  const mean = body.reduce((sum, v) => sum + v, 0) / length;
  for (let i = 0; i < body.length; i++) body[i]! -= mean;
  for (let i = 0; i < rate.window; i++) {
    body[i]! *= (i + 0.5) / rate.window;
    body[body.length - 1 - i]! *= (i + 0.5) / rate.window;
  }
  for (const section of rate.alignmentFilter) filterSection(filtered, section);
  return { samples: filtered, length };
}

/** Fades the first and last 15 samples, in place. */
function fadeEnds(samples: Float64Array): void {
  for (let i = 0; i < 15; i++) {
    samples[i]! *= (i + 1) / 16;
    samples[samples.length - 1 - i]! *= (i + 1) / 16;
  }
}
