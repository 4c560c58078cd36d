/** Figures of synchrony: SyncScore, envelopes, and AV-Align and AA-Align as published. */

import { SOUND_RATE } from '../datasets/dataset.js';
import { AA_ALIGN_WINDOW } from '../metrics/aa-align.js';
import { envelopeCorrelation, envelopeCorrelationAtBestLag } from '../metrics/envelope-correlation.js';
import { peakIntersection } from '../metrics/peak-intersection.js';
import { type PooledSyncScore, poolSyncScores } from '../metrics/sync-score.js';
import type { MetricDescription } from '../report/report.js';
import type { PooledMetric, SoundMetrics } from './metric.js';

/** A figure of the SyncScores of all sounds together. */
function synchrony(
  key: string,
  label: string,
  figure: (pooled: PooledSyncScore) => number | null,
  more: Pick<MetricDescription, 'explanation'> & Partial<MetricDescription>,
): PooledMetric {
  return {
    description: { key, label, unit: '', better: 'higher', group: 'synchrony', ...more },
    takes: ({ sync }) => sync !== null,
    pool: (sounds) => figure(poolSyncScores(sounds.flatMap(({ sync }) => sync ?? []))),
  };
}

export const SYNC_SCORES: readonly PooledMetric[] = [
  synchrony('f1-50', 'F1 ±50 ms', ({ at50 }) => at50.f1, {
    explanation:
      'One-to-one matches of onsets and events within 50 ms, over all clips with events. Blind to what sounds, and to level.',
  }),
  synchrony('f1-100', 'F1 ±100 ms', ({ at100 }) => at100.f1, {
    explanation: 'As F1 ±50 ms, within 100 ms. Dense onsets raise it: read it beside the controls.',
  }),
  synchrony('precision-50', 'precision ±50 ms', ({ at50 }) => at50.precision, {
    explanation: 'Share of the onsets that are at an event within 50 ms.',
  }),
  synchrony('recall-50', 'recall ±50 ms', ({ at50 }) => at50.recall, {
    explanation: 'Share of the events that have an onset within 50 ms.',
  }),
  synchrony('ap-50', 'average precision ±50 ms', (pooled) => pooled.averagePrecisionAt50, {
    explanation:
      'Area under precision against recall as onsets count by falling strength: does not hang on one threshold.',
  }),
  synchrony('ap-100', 'average precision ±100 ms', (pooled) => pooled.averagePrecisionAt100, {
    explanation: 'As average precision ±50 ms, within 100 ms.',
  }),
  synchrony('f1-50-best-lag', 'F1 ±50 ms at best lag', ({ at50BestLag }) => at50BestLag.f1, {
    explanation:
      'F1 ±50 ms at the constant lag of ±.2 s that suits each clip best: real sound is late by distance and editing. ' +
      'Flattered by that freedom, which the controls have as well.',
  }),
  synchrony('f1-100-best-lag', 'F1 ±100 ms at best lag', ({ at100BestLag }) => at100BestLag.f1, {
    explanation: 'F1 ±100 ms at the lag of the best F1 ±50 ms.',
  }),
  synchrony('timing-error', 'timing error, median', (pooled) => milliseconds(pooled.timingErrorMedian), {
    ...{ unit: 'ms', better: 'nearer 0' },
    explanation:
      'Median of onset less event over matches within 100 ms; positive is late. Says nothing of what is missed.',
  }),
  synchrony(
    'timing-spread',
    'timing error, inter-quartile',
    (pooled) => milliseconds(pooled.timingErrorInterquartile),
    {
      ...{ unit: 'ms', better: 'lower' },
      explanation: 'Width of the middle half of the timing errors within 100 ms; random onsets have about 100 ms.',
    },
  ),
  synchrony('count-agreement', 'onset-count agreement', (pooled) => pooled.countAgreement, {
    explanation: 'The smaller of the numbers of onsets and events over the larger, on average. Blind to when they are.',
  }),
];

const milliseconds = (seconds: number | null): number | null => (seconds === null ? null : 1000 * seconds);

export const ENVELOPES: SoundMetrics = {
  descriptions: [
    {
      ...{ key: 'envelope', label: 'envelope correlation', unit: '', better: 'higher', group: 'synchrony' },
      explanation: 'Pearson’s correlation of the log envelopes (25 ms) of the sound and the true one.',
    },
    {
      ...{ key: 'envelope-best-lag', label: 'envelope correlation at best lag', unit: '', better: 'higher' },
      ...{ group: 'synchrony' },
      explanation: 'The same at the lag of ±.2 s that suits the clip best.',
    },
  ],
  measure({ sound, reference }) {
    if (!reference) return {};
    return {
      envelope: envelopeCorrelation(sound, reference.sound, SOUND_RATE),
      'envelope-best-lag': envelopeCorrelationAtBestLag(sound, reference.sound, SOUND_RATE).correlation,
    };
  },
};

/** Needs motion peaks. */
export const AV_ALIGN = 'av-align';

export const AS_PUBLISHED: SoundMetrics = {
  descriptions: [
    {
      ...{ key: AV_ALIGN, label: 'AV-Align, as published', unit: '', better: 'higher', group: 'synchrony' },
      explanation:
        'Onsets within a frame of a peak of optical flow, over the union. Counts several onsets against one peak, depends on ' +
        'the frame rate, and rewards dense sound; printed because others print it.',
    },
    {
      ...{ key: 'aa-align', label: 'AA-Align, as published', unit: '', better: 'higher', group: 'synchrony' },
      explanation:
        'The same against the onsets of the true sound, within 100 ms. Counts several onsets against one; relative thresholds ' +
        'find onsets in noise.',
    },
  ],
  measure(input) {
    const { motionPeaks, reference } = input;
    const onsets = input.librosaOnsets();
    return {
      [AV_ALIGN]: motionPeaks && peakIntersection(onsets, motionPeaks.times, 1 / motionPeaks.frameRate),
      'aa-align': reference && peakIntersection(onsets, reference.librosaOnsets(), AA_ALIGN_WINDOW),
    };
  },
};
