/** Figures of the sound itself: whether it is machine-like, and how loud it is. */

import { SOUND_RATE } from '../datasets/dataset.js';
import { decayRatio } from '../metrics/decay.js';
import { hitLevelCorrelation } from '../metrics/hit-levels.js';
import { latentAutocorrelation } from '../metrics/latent-autocorrelation.js';
import { latentGridShare } from '../metrics/latent-grid.js';
import { measureLoudness } from '../metrics/loudness.js';
import type { MetricDescription } from '../report/report.js';
import type { MetricInput, SoundMetrics } from './metric.js';

const machineLike = (
  key: string,
  label: string,
  better: MetricDescription['better'],
  explanation: string,
): MetricDescription => ({ key, label, unit: '', better, group: 'machine-like', explanation });

export const MACHINE_LIKE: SoundMetrics = {
  descriptions: [
    machineLike(
      'latent-autocorrelation',
      'autocorrelation at 40 ms',
      'nearer 0',
      'Of steady stretches, at the period of a latent: 1 for a loop, 0 for noise. A true tone at a multiple of 25 Hz scores 1 too.',
    ),
    machineLike(
      'latent-grid',
      'peaks on the 25 Hz grid',
      'lower',
      'Share of spectral peaks on multiples of the latent rate: 1 for a loop, .16 by chance; compare with the true audio.',
    ),
  ],
  measure: ({ sound }) => ({
    'latent-autocorrelation': latentAutocorrelation(sound, SOUND_RATE),
    'latent-grid': latentGridShare(sound, SOUND_RATE),
  }),
};

export const HITS: SoundMetrics = {
  descriptions: [
    machineLike(
      'hit-levels',
      'hit-level correlation',
      'higher',
      'Of the levels of hits with those of the true hits they are matched with: whether loud hits are loud. Blind to unmatched ones.',
    ),
    {
      ...{
        key: 'decay',
        label: 'decay time over the true one, log₂',
        unit: '',
        better: 'nearer 0',
        group: 'machine-like',
      },
      explanation: 'Of matched hits: 0 where they die away as fast as the true ones, 1 where they ring twice as long.',
    },
  ],
  measure(input) {
    const hits = comparisonOf(input);
    if (!hits) return {};
    const ratio = decayRatio(hits);
    return { 'hit-levels': hitLevelCorrelation(hits), decay: ratio === null ? null : Math.log2(ratio) };
  },
};

function comparisonOf({
  sound,
  onsets,
  reference,
  lateness,
}: MetricInput): Parameters<typeof decayRatio>[0] | undefined {
  if (!reference) return undefined;
  return {
    ...{ sound, reference: reference.sound, sampleRate: SOUND_RATE, offset: lateness },
    onsets: onsets.map(({ time }) => time),
    referenceOnsets: reference.onsets.map(({ time }) => time),
  };
}

const loudness = (key: string, label: string, unit: string, explanation: string): MetricDescription => ({
  ...{ key, label, unit, better: 'neither', group: 'loudness', explanation },
});

export const LOUDNESS: SoundMetrics = {
  descriptions: [
    loudness('loudness', 'integrated loudness', 'LUFS', 'ITU-R BS.1770-4 with gates; undefined for silence.'),
    loudness(
      'loudness-range',
      'loudness range',
      'LU',
      'EBU Tech 3342, made for programs of a minute; undefined below 3 s.',
    ),
    loudness('true-peak', 'true peak', 'dBTP', 'The highest level between samples; above 0 it clips in playback.'),
    {
      ...loudness(
        'clipped',
        'clipped samples',
        '%',
        'Samples at full scale. Blind to clipping that was turned down afterwards.',
      ),
      better: 'lower',
    },
  ],
  measure({ sound }) {
    const { integrated, range, truePeak, clipped } = measureLoudness(sound, SOUND_RATE);
    return { loudness: integrated, 'loudness-range': range, 'true-peak': truePeak, clipped: 100 * clipped };
  },
};
