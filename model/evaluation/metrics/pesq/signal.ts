/** The signals that PESQ compares: levels made equal, filtered, with silence around them (P.862, 10.1.1 and 10.1.2). */

import { filterSection, withResponse } from './filters.js';
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

/** `samples` is one sound of the pair, `longest` the length of the longer of both. */
export function prepareSignal(
  samples: Float64Array,
  longest: number,
  mode: PesqMode,
  rate: RateConstants,
): PaddedSignal {
  const leveled = atTargetPower(samples, longest, rate);
  const lead = leadOf(rate);
  const padded = new Float64Array(samples.length + 2 * lead + tailOf(rate));
  if (mode === 'wide band') {
    fadeEnds(leveled);
    filterSection(leveled, rate.wideBandFilter);
    padded.set(leveled, lead);
  } else {
    padded.set(withResponse(withTail(leveled, rate), rate.hz, HANDSET), lead);
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

function atTargetPower(samples: Float64Array, longest: number, rate: RateConstants): Float64Array {
  const inBand = withResponse(withTail(samples, rate), rate.hz, LEVEL_BAND);
  const power = inBand.reduce((sum, v) => sum + v * v, 0) / (longest + tailOf(rate));
  const gain = Math.sqrt(TARGET_POWER / power);
  return samples.map((v) => v * gain);
}

function withTail(samples: Float64Array, rate: RateConstants): Float64Array {
  const longer = new Float64Array(samples.length + tailOf(rate));
  longer.set(samples);
  return longer;
}

/** Fades the first and last 15 samples, in place. */
function fadeEnds(samples: Float64Array): void {
  for (let i = 0; i < 15; i++) {
    samples[i]! *= (i + 1) / 16;
    samples[samples.length - 1 - i]! *= (i + 1) / 16;
  }
}
