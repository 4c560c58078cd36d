/** Utterances within which the delay changes are split where both halves align better (P.862, 10.1.4). */

import { SEARCH_WINDOWS } from './signal.js';
import { type AlignmentPair, envelopeDelay, type FineDelay, LagHistogram, type Utterance } from './time-alignment.js';

/** Windows of the shortest speech that is split, and of the shortest half (or a tenth of the speech). */
const SHORTEST_SPLIT = 200;
const SHORTEST_HALF = 75;
/** Points at which a split is tried, at most. */
const MOST_POINTS = 40;
const MOST_UTTERANCES = 50;

interface Half extends FineDelay {
  estimate: number;
}

/** A point, in windows, and the delays before and after it. */
interface Split {
  at: number;
  before: Half;
  after: Half;
}

/** Splits utterances until none aligns better in two halves. The result may share objects with what is given. */
export function splitUtterances(pair: AlignmentPair, utterances: readonly Utterance[]): Utterance[] {
  const done: Utterance[] = [];
  const rest = utterances.slice();
  while (rest.length > 0) {
    const utterance = rest.shift()!;
    const split = done.length + rest.length + 1 < MOST_UTTERANCES ? bestSplit(pair, utterance) : null;
    if (split) rest.unshift(...halves(pair, utterance, split));
    else done.push(utterance);
  }
  return done;
}

function halves(pair: AlignmentPair, { from, to }: Utterance, { at, before, after }: Split): Utterance[] {
  const { window } = pair.rate;
  const first: Utterance = { from, to: at, ...before };
  const second: Utterance = { from: at, to, ...after };
  if (after.delay >= before.delay) {
    // What was inserted into the degraded signal has no counterpart: the halves overlap in the reference instead.
    const overlap = Math.trunc((after.delay - before.delay) / (2 * window));
    first.to += overlap;
    second.from -= overlap;
  }
  if ((from - SEARCH_WINDOWS) * window + before.delay < 0) {
    first.from = SEARCH_WINDOWS + Math.trunc((window - 1 - before.delay) / window);
  }
  if (to * window + after.delay > pair.degraded.length - SEARCH_WINDOWS * window) {
    second.to = Math.trunc((pair.degraded.length - after.delay) / window) - SEARCH_WINDOWS;
  }
  return [first, second];
}

/** The split with the most confident delays, each more confident than the whole and a window or more apart; null for none. */
function bestSplit(pair: AlignmentPair, utterance: Utterance): Split | null {
  let best: Split | null = null;
  const candidates = delaysBefore(pair, utterance, splitPoints(pair, utterance)).filter(
    ({ before }) => before.confidence > utterance.confidence,
  );
  for (const split of withDelaysAfter(pair, utterance, candidates)) {
    const apart = Math.abs(split.after.delay - split.before.delay) >= pair.rate.window;
    if (apart && split.after.confidence > utterance.confidence && confidenceOf(split) > confidenceOf(best))
      best = split;
  }
  return best;
}

const confidenceOf = (split: Split | null): number =>
  split === null ? 0 : split.before.confidence + split.after.confidence;

/** Windows at which the speech of an utterance may be split, rising; none where it is too short. */
function splitPoints({ referenceVoice, rate }: AlignmentPair, { from, to }: Utterance): number[] {
  const { active } = referenceVoice;
  let start = from;
  while (start < to && !active[start]) start++;
  let end = to;
  while (end > from && !active[end]) end--;
  end++;
  const length = end - start;
  if (length < SHORTEST_SPLIT) return [];
  const quarter = rate.alignmentSize / (4 * rate.window);
  const step = quarter * Math.trunc((0.801 * length + MOST_POINTS * quarter - 1) / (MOST_POINTS * quarter));
  const least = Math.max(SHORTEST_HALF, Math.trunc(length / 10));
  const points = [start + least];
  while (points.length < MOST_POINTS && points.at(-1)! + step <= end - least) points.push(points.at(-1)! + step);
  return points;
}

/** Histograms by estimated delay: a later point of the same estimate only adds the frames in between. */
class Histograms {
  readonly #byEstimate = new Map<number, { histogram: LagHistogram; next: number }>();

  delay(
    pair: AlignmentPair,
    estimate: number,
    frames: { first: number; step: number; inside: (at: number) => boolean },
  ): Half {
    let entry = this.#byEstimate.get(estimate);
    if (!entry) {
      entry = { histogram: new LagHistogram(pair, estimate), next: frames.first };
      this.#byEstimate.set(estimate, entry);
    }
    while (frames.inside(entry.next) && entry.histogram.add(entry.next)) entry.next += frames.step;
    return { estimate, ...entry.histogram.best() };
  }
}

/** Delays between the start of the utterance and each point, from frames after one another. */
function delaysBefore(
  pair: AlignmentPair,
  { from, estimate }: Utterance,
  points: readonly number[],
): Omit<Split, 'after'>[] {
  const { window, alignmentSize } = pair.rate;
  const histograms = new Histograms();
  return points.map((at) => {
    const delay = envelopeDelay(pair, from, at, estimate);
    const before = histograms.delay(pair, delay, {
      first: Math.max(from * window, -delay),
      step: alignmentSize / 4,
      inside: (frame) => frame + alignmentSize <= at * window,
    });
    return { at, before };
  });
}

/** Delays between each point and the end of the utterance, from frames before one another. */
function withDelaysAfter(
  pair: AlignmentPair,
  { to, estimate }: Utterance,
  points: readonly Omit<Split, 'after'>[],
): Split[] {
  const { window, alignmentSize } = pair.rate;
  const histograms = new Histograms();
  const fromLast = points.toReversed().map(({ at, before }) => {
    const delay = envelopeDelay(pair, at, to, estimate);
    const after = histograms.delay(pair, delay, {
      first: Math.min(to * window, pair.degraded.length - delay) - alignmentSize,
      step: -alignmentSize / 4,
      inside: (frame) => frame >= at * window,
    });
    return { at, before, after };
  });
  return fromLast.reverse();
}
