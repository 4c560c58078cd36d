/** The table of metrics. A new one is a file in `metrics/`, and an entry in one of the files here. */

import { EvaluationError } from '../errors.js';
import type { MetricDescription } from '../report/report.js';
import type { SoundTagger } from '../taggers/tagger.js';
import { taggerMetrics } from './distribution.js';
import type { MetricTable, SoundMetrics } from './metric.js';
import { PESQ, SPECTRAL_DISTANCES } from './quality.js';
import { HITS, LOUDNESS, MACHINE_LIKE } from './sound-itself.js';
import { AS_PUBLISHED, ENVELOPES, SYNC_SCORES } from './synchrony.js';

const SOUND_METRICS: readonly SoundMetrics[] = [
  ...[ENVELOPES, AS_PUBLISHED, SPECTRAL_DISTANCES, PESQ, MACHINE_LIKE, HITS, LOUDNESS],
];

/**
 * All metrics with those of the taggers, or those of some keys.
 *
 * @throws {EvaluationError} for a key that there is not
 */
export function metricTable(taggers: readonly SoundTagger[] = [], keys?: readonly string[]): MetricTable {
  const ofTaggers = taggers.map(taggerMetrics);
  const added = ofTaggers.flatMap((each) => each.added);
  const pooled = [...SYNC_SCORES, ...ofTaggers.flatMap((each) => each.pooled)];
  const descriptions = [
    ...pooled.map(({ description }) => description),
    ...SOUND_METRICS.flatMap((each) => each.descriptions),
    ...added,
  ];
  const known = descriptions.map(({ key }) => key);
  const odd = keys?.find((key) => !known.includes(key));
  if (odd !== undefined) throw new EvaluationError(`there is no metric ${odd}; there are ${known.join(', ')}`);
  const chosen = ({ key }: MetricDescription): boolean => keys?.includes(key) ?? true;
  return {
    sound: SOUND_METRICS.flatMap((each) => {
      const some = each.descriptions.filter(chosen);
      return some.length > 0 ? [{ ...each, descriptions: some }] : [];
    }),
    added: added.filter(chosen),
    pooled: pooled.filter(({ description }) => chosen(description)),
  };
}
