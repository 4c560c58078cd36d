/** The table of metrics. A new one is a file in `metrics/` and an entry here. */

import { SOUND_RATE } from './datasets/dataset.js';
import type { PooledMetric, SoundMetrics } from './metric.js';
import { envelopeCorrelation, envelopeCorrelationAtBestLag } from './metrics/envelope-correlation.js';
import { stftDistance } from './metrics/stft-distance.js';
import { type PooledSyncScore, poolSyncScores } from './metrics/sync-score.js';
import type { MetricDescription } from './report/report.js';

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

const SYNCHRONY: readonly PooledMetric[] = [
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

const ENVELOPE: SoundMetrics = {
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

const STFT_L1: SoundMetrics = {
  descriptions: [
    {
      ...{ key: 'stft-l1', label: 'STFT-L1', unit: '', better: 'lower', group: 'quality' },
      explanation:
        'L1 distance of the magnitudes of three STFTs over the true ones: 0 is the same, 1 as far as silence. Of two noises ' +
        'that sound alike it says about .5; blind to shifts well below a window.',
    },
  ],
  measure: ({ sound, reference }) => (reference ? { 'stft-l1': stftDistance(sound, reference.sound) } : {}),
};

export const POOLED_METRICS: readonly PooledMetric[] = SYNCHRONY;
export const SOUND_METRICS: readonly SoundMetrics[] = [ENVELOPE, STFT_L1];
