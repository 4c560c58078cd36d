/** Where there is speech, by the power of windows of 4 ms against an adaptive threshold (P.862, 10.1.3). */

import type { PaddedSignal } from './signal.js';

/** Windows: speech this short is none, and pauses this short are none. */
const SHORTEST_SPEECH = 4;
const LONGEST_JOIN = 50;
/** Of the loudest window; no window counts as quieter. */
const FLOOR = 1e-4;
/** Iterations of the threshold, and standard deviations of the noise that it lies above its mean. */
const ITERATIONS = 12;
const DEVIATIONS = 2;
/** Where speech has a thousand times the power of the rest, stretches below three times the threshold are not speech. */
const CLEAN_RATIO = 1000;
const WEAK = 3;

export interface VoiceActivity {
  /** Windows with speech, and the two next to it on either side: 1, the others 0. */
  active: Uint8Array;
  /** ln(power / threshold), 0 at and below the threshold and in windows without speech. */
  logPower: Float64Array;
}

/** Windows from one to before the other. */
interface Run {
  from: number;
  to: number;
}

/** @param signal filtered for time alignment */
export function detectVoice(signal: PaddedSignal, window: number): VoiceActivity {
  const powers = windowPowers(signal, window);
  const loudest = powers.reduce((a, b) => Math.max(a, b), 0);
  const floor = loudest > 0 ? FLOOR * loudest : 1;
  // The first guess is taken of the powers as they are.
  const mean = powers.reduce((sum, v) => sum + v, 0) / powers.length;
  for (let i = 0; i < powers.length; i++) powers[i] = Math.max(floor, powers[i]!);
  const threshold = noiseThreshold(powers, mean);
  const runs = speechRuns(powers, threshold);
  return activityOf(runs, powers, floor, threshold);
}

function windowPowers({ samples, length }: PaddedSignal, window: number): Float64Array {
  const powers = new Float64Array(Math.floor(length / window));
  for (let w = 0; w < powers.length; w++) {
    for (let i = w * window; i < (w + 1) * window; i++) powers[w]! += samples[i]! ** 2 / window;
  }
  return powers;
}

/** Mean and deviation of what is below the threshold give the next threshold; −1 where nothing is above the last one. */
function noiseThreshold(powers: Float64Array, start: number): number {
  let threshold = start;
  for (let i = 0; i < ITERATIONS; i++) {
    const below = powers.filter((power) => power <= threshold);
    const noise = meanOf(below);
    const deviation = Math.sqrt(meanOf(below.map((power) => (power - noise) ** 2)));
    threshold = 1.001 * (noise + DEVIATIONS * deviation);
  }
  return powers.some((power) => power > threshold) ? threshold : -1;
}

const meanOf = (values: Float64Array): number =>
  values.length === 0 ? 0 : values.reduce((sum, v) => sum + v, 0) / values.length;

function speechRuns(powers: Float64Array, threshold: number): Run[] {
  let runs = runsWhere(powers.length, (w) => powers[w]! > threshold).filter(
    ({ from, to }) => to - from > SHORTEST_SPEECH,
  );
  const speech = meanOf(powers.filter((power) => power > threshold));
  const rest = powers.filter((power) => power <= threshold);
  if (speech >= CLEAN_RATIO * (rest.length > 0 ? meanOf(rest) : 1)) {
    runs = runs.filter(({ from, to }) => meanOf(powers.subarray(from, to)) >= WEAK * threshold);
  }
  // A signal in which nothing stands out is all speech.
  return runs.length === 0 ? [{ from: 1, to: powers.length - 1 }] : runs;
}

/** Of windows 1 to the last but one. */
function runsWhere(count: number, isActive: (w: number) => boolean): Run[] {
  const runs: Run[] = [];
  for (let w = 1; w < count - 1; w++) {
    if (!isActive(w)) continue;
    const last = runs.at(-1);
    if (last?.to === w) last.to++;
    else runs.push({ from: w, to: w + 1 });
  }
  return runs;
}

/** Joins runs over short pauses and lets each begin and end with a ramp of two windows. */
function activityOf(runs: readonly Run[], powers: Float64Array, floor: number, threshold: number): VoiceActivity {
  const count = powers.length;
  const speech = new Float64Array(count);
  let end = 0;
  for (const { from, to } of runs) {
    const joined = end > 0 && from - end <= LONGEST_JOIN;
    if (joined) speech.fill(floor, end, from);
    else if (from >= 3) speech.set([0.1 * powers[from]!, 0.3 * powers[from]!], from - 2);
    speech.set(powers.subarray(from, to), from);
    if (to < count - 2) speech.set([0.3 * powers[to - 1]!, 0.1 * powers[to - 1]!], to);
    end = to;
  }
  const least = threshold > 0 ? threshold : floor;
  return {
    active: Uint8Array.from(speech, (power) => (power > 0 ? 1 : 0)),
    logPower: speech.map((power) => (power > least ? Math.log(power / least) : 0)),
  };
}
