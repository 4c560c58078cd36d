/** Utterances of the reference, each with its own delay in the degraded signal (P.862, 10.1.4). */

import { EvaluationError } from '../../errors.js';
import { SEARCH_WINDOWS } from './signal.js';
import { type AlignmentPair, envelopeDelay, overallDelay, type Utterance, waveformDelay } from './time-alignment.js';
import { splitUtterances } from './utterance-split.js';

/** Windows of the shortest utterance. */
const SHORTEST = 50;

/** @throws {EvaluationError} when the reference has no utterance */
export function alignUtterances(pair: AlignmentPair): Utterance[] {
  const overall = overallDelay(pair);
  const utterances = speechWithin(pair, overall).map((speech) => {
    const count = pair.referenceVoice.active.length;
    const from = Math.max(0, speech.from - SEARCH_WINDOWS);
    const to = Math.min(count - 1, speech.to + SEARCH_WINDOWS);
    const estimate = envelopeDelay(pair, from, to, overall);
    return { ...speech, estimate, ...waveformDelay(pair, from, to, estimate) };
  });
  if (utterances.length === 0) {
    throw new EvaluationError('PESQ: no utterance of 0.2 s or more is detected in the reference; it measures speech');
  }
  meetHalfway(utterances);
  keepInside(pair, utterances);
  keepOrder(pair, utterances);
  return splitUtterances(pair, utterances);
}

/** Stretches of speech of the reference that are long enough, and within the degraded signal. */
function speechWithin(pair: AlignmentPair, overall: number): { from: number; to: number }[] {
  const { active } = pair.referenceVoice;
  const { window } = pair.rate;
  const first = SHORTEST - overall / window;
  const last = Math.trunc((pair.degraded.length - overall) / window) - SHORTEST;
  const stretches: { from: number; to: number }[] = [];
  for (let from = 0; from < active.length; from++) {
    if (!active[from]) continue;
    let to = from + 1;
    while (to < active.length - 1 && active[to]) to++;
    if (to - from >= SHORTEST && from < last && to > first) stretches.push({ from, to });
    from = to;
  }
  return stretches;
}

/** Lets utterances reach from the start to the end, and meet in the middle of the pauses. */
function meetHalfway(utterances: Utterance[]): void {
  for (let u = 1; u < utterances.length; u++) {
    const middle = Math.floor((utterances[u]!.from + utterances[u - 1]!.to) / 2);
    utterances[u]!.from = middle;
    utterances[u - 1]!.to = middle;
  }
}

/** The first and the last one reach as far as both signals do. */
function keepInside({ degraded, rate: { window }, referenceVoice }: AlignmentPair, utterances: Utterance[]): void {
  const first = utterances[0]!;
  const last = utterances.at(-1)!;
  first.from = SEARCH_WINDOWS;
  last.to = referenceVoice.active.length - SEARCH_WINDOWS;
  if (first.from * window + first.delay < SEARCH_WINDOWS * window) {
    first.from = SEARCH_WINDOWS + Math.trunc((window - 1 - first.delay) / window);
  }
  if (last.to * window + last.delay > degraded.length - SEARCH_WINDOWS * window) {
    last.to = Math.trunc((degraded.length - last.delay) / window) - SEARCH_WINDOWS;
  }
}

/** Where delays make two neighbors overlap in the degraded signal, they meet in the middle of the overlap. */
function keepOrder({ rate: { window } }: AlignmentPair, utterances: Utterance[]): void {
  for (let u = 1; u < utterances.length; u++) {
    const [before, after] = [utterances[u - 1]!, utterances[u]!];
    const starts = after.from * window + after.delay;
    const ends = before.to * window + before.delay;
    if (starts >= ends) continue;
    const middle = Math.trunc((starts + ends) / 2);
    after.from = Math.trunc((window - 1 + middle - after.delay) / window);
    before.to = Math.trunc((middle - before.delay) / window);
  }
}
