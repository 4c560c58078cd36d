/** The perceptual model: from two aligned signals to a score (P.862, 10.2). */

import { badIntervals, realigned } from './bad-intervals.js';
import { compareFrames, type FrameDisturbance, GainTracker } from './disturbance.js';
import { audiblePower, BandAnalysis } from './loudness-spectra.js';
import { leadOf, tailOf } from './signal.js';
import type { RateConstants } from './tables.js';
import type { Utterance } from './time-alignment.js';

/** Sum of five magnitudes below which the reference's ends are silent. */
const SILENT_ENDS = 500;
/** Power, audible by a factor of 100, of a frame that speech is averaged over. */
const SPEECH_POWER = 1e7;
const SPEECH_FACTOR = 100;

interface Model {
  /** Padded and equally long: [length + tail]. */
  reference: Float64Array;
  degraded: Float64Array;
  /** Rising; at least one. */
  utterances: readonly Utterance[];
  rate: RateConstants;
  /** The first and the last frame between the reference's silent ends; frames are half a frame size apart. */
  first: number;
  last: number;
}

/** Disturbances of each frame from 0 to the last one. */
export interface Disturbances {
  symmetric: Float64Array;
  asymmetric: Float64Array;
  /** The reference's audible power. */
  power: Float64Array;
  first: number;
  /** Frames that the signals would have without their silent ends being cut off. */
  frames: number;
}

/** @param utterances as aligned; of the same signals before the filters for alignment */
export function compareSignals(
  reference: Float64Array,
  degraded: Float64Array,
  utterances: readonly Utterance[],
  rate: RateConstants,
): Disturbances {
  const model: Model = { reference, degraded, utterances, rate, ...audibleFrames(reference, rate) };
  const { half, body } = layout(model);
  const references = bandPowers(model, reference, (at) => at);
  const degradeds = bandPowers(model, degraded, (at) => at + delayAt(model, at));
  equalizeReference(model, references, degradeds);
  const result: Disturbances = {
    symmetric: new Float64Array(model.last + 1),
    asymmetric: new Float64Array(model.last + 1),
    power: Float64Array.from(references, (powers) => audiblePower(powers, 1, rate)),
    first: model.first,
    frames: Math.trunc((body - tailOf(rate)) / half) - 1,
  };
  const gain = new GainTracker(null);
  for (const [frame, powers] of references.entries()) {
    set(result, frame, compareFrames(powers, degradeds[frame]!, gain, rate));
  }
  dropSkipped(model, result);
  improveBadIntervals(model, references, result);
  return result;
}

function set(result: Disturbances, frame: number, { symmetric, asymmetric }: FrameDisturbance): void {
  result.symmetric[frame] = symmetric;
  result.asymmetric[frame] = asymmetric;
}

/** Samples of half a frame, of the silence before, and of the signal with its tail. */
function layout({ reference, rate }: Pick<Model, 'reference' | 'rate'>): { half: number; lead: number; body: number } {
  const lead = leadOf(rate);
  return { half: rate.frameSize / 2, lead, body: reference.length - 2 * lead };
}

function audibleFrames(reference: Float64Array, rate: RateConstants): { first: number; last: number } {
  const { half, lead, body } = layout({ reference, rate });
  const most = Math.trunc((reference.length - tailOf(rate)) / 2);
  const silentSamples = (at: (i: number) => number): number => {
    let skipped = 0;
    for (; skipped < most; skipped++) {
      let sum = 0;
      for (let i = 0; i < 5; i++) sum += Math.abs(reference[at(skipped + i)]!);
      if (sum >= SILENT_ENDS) break;
    }
    return skipped;
  };
  const atStart = silentSamples((i) => lead + i);
  const atEnd = silentSamples((i) => lead + body - 1 - i);
  return { first: Math.trunc(atStart / half), last: Math.trunc((body - atEnd) / half) - 1 };
}

/** Band powers of each frame: [frames][bands]; 0 where the frame, moved by `place`, is outside the signal. */
function bandPowers(model: Model, samples: Float64Array, place: (at: number) => number): Float64Array[] {
  const { rate } = model;
  const { half, lead } = layout(model);
  const analysis = new BandAnalysis(rate);
  return Array.from({ length: model.last + 1 }, (_, frame) => {
    const powers = new Float64Array(rate.bands.length);
    const at = place(lead + frame * half);
    if (at > 0 && at + rate.frameSize < samples.length) analysis.powers(samples, at, powers);
    return powers;
  });
}

/** The delay of the utterance that a sample of the reference belongs to. */
function delayAt({ utterances, rate }: Model, at: number): number {
  return (utterances.findLast(({ from }) => from * rate.window <= at) ?? utterances[0]!).delay;
}

/** Gives the reference the long-term spectrum of the degraded signal, by 20 dB in a band at most: coloring hardly disturbs. */
function equalizeReference(model: Model, references: Float64Array[], degradeds: readonly Float64Array[]): void {
  const { bands } = model.rate;
  const { half, body } = layout(model);
  const isSpeech = references.map((powers) => audiblePower(powers, SPEECH_FACTOR, model.rate) >= SPEECH_POWER);
  const average = (spectra: readonly Float64Array[], band: number): number => {
    let sum = 0;
    for (const [frame, powers] of spectra.entries()) {
      if (isSpeech[frame] && powers[band]! > SPEECH_FACTOR * bands[band]!.threshold) sum += powers[band]!;
    }
    return sum / (Math.trunc(body / half) - 1);
  };
  for (let band = 0; band < bands.length; band++) {
    const ratio = (average(degradeds, band) + 1000) / (average(references, band) + 1000);
    const gain = Math.min(100, Math.max(0.01, ratio));
    for (const powers of references) powers[band]! *= gain;
  }
}

/** Where the delay falls by more than half a frame, the degraded signal lacks what the reference has: nothing to compare. */
function dropSkipped(model: Model, result: Disturbances): void {
  const { utterances, rate, last } = model;
  const { half, lead } = layout(model);
  for (let u = 1; u < utterances.length; u++) {
    const [before, after] = [utterances[u - 1]!, utterances[u]!];
    const jump = after.delay - before.delay;
    if (jump >= -half) continue;
    const start = Math.floor((after.from * rate.window - lead + after.delay) / half);
    const end = Math.trunc((before.to * rate.window - lead + before.delay) / half);
    const to = Math.trunc((after.from * rate.window - lead + Math.abs(jump)) / half) + 1;
    for (let frame = Math.max(0, Math.min(start, end)); frame <= Math.min(to, last - 1); frame++) {
      set(result, frame, { symmetric: 0, asymmetric: 0 });
    }
  }
}

/** Aligns bad intervals anew, and keeps the lesser disturbances. */
function improveBadIntervals(model: Model, references: readonly Float64Array[], result: Disturbances): void {
  const intervals = badIntervals(result.symmetric);
  if (intervals.length === 0) return;
  const { reference, rate } = model;
  const { half, lead } = layout(model);
  const samples = realigned(reference, alignedDegraded(model), intervals, rate);
  const analysis = new BandAnalysis(rate);
  for (const { from, to } of intervals) {
    const gain = new GainTracker(1);
    for (let frame = from; frame < to; frame++) {
      const powers = new Float64Array(rate.bands.length);
      analysis.powers(samples, lead + frame * half, powers);
      const again = compareFrames(references[frame]!, powers, gain, rate);
      set(result, frame, {
        symmetric: Math.min(result.symmetric[frame]!, again.symmetric),
        asymmetric: Math.min(result.asymmetric[frame]!, again.asymmetric),
      });
    }
  }
}

/** The degraded signal with the delays of all utterances taken out. */
function alignedDegraded(model: Model): Float64Array {
  const { degraded } = model;
  const { lead } = layout(model);
  const aligned = new Float64Array(degraded.length);
  const last = degraded.length - lead - 1;
  for (let i = lead; i <= last; i++) {
    aligned[i] = degraded[Math.min(last, Math.max(lead, i + delayAt(model, i)))]!;
  }
  return aligned;
}
