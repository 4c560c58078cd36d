/** Figures of what a tagger hears: distances between the sounds of a system and the true ones, as sets and clip by clip. */

import { SOUND_RATE } from '../datasets/dataset.js';
import { extrapolatedFrechetDistance, frechetDistance } from '../metrics/frechet-distance.js';
import { inceptionScore } from '../metrics/inception-score.js';
import { klDivergence } from '../metrics/kl-divergence.js';
import { retrieval } from '../metrics/retrieval.js';
import { tagOverlap, topTags } from '../metrics/tags.js';
import type { MetricDescription } from '../report/report.js';
import type { SoundTagger } from '../taggers/tagger.js';
import type { MeasuredSound, PooledMetric, TaggedSound } from './metric.js';

/** Tags that are compared. */
const TOP = 3;

type Namer = (
  key: string,
  label: string,
  better: MetricDescription['better'],
  explanation: string,
) => MetricDescription;

/** The metrics of a tagger: those that `addTags` adds to single sounds, and those of all sounds together. */
export function taggerMetrics({ name, classes }: Pick<SoundTagger, 'name' | 'classes'>): {
  added: MetricDescription[];
  pooled: PooledMetric[];
} {
  const named: Namer = (key, label, better, explanation) => ({
    ...{ key: `${key}-${name}`, label: `${label}-${name}`, unit: '', better, group: 'distribution', explanation },
  });
  const { distances, inception } = setMetrics(name, named);
  return classes ? { added: classMetrics(named), pooled: [...distances, inception] } : { added: [], pooled: distances };
}

/** Of single sounds. */
function classMetrics(named: Namer): MetricDescription[] {
  return [
    named(
      'kl',
      'KL',
      'lower',
      'Divergence of the class probabilities of the true sound from those of this one, nats. Blind to time.',
    ),
    named('tags', `top-${TOP} tags`, 'higher', `Overlap of the ${TOP} likeliest tags with those of the true sound.`),
  ];
}

/** Of all sounds beside all true ones. */
function setMetrics(name: string, named: Namer): { distances: PooledMetric[]; inception: PooledMetric } {
  const whole = (
    description: MetricDescription,
    pool: (sounds: TaggedSound[], truth: TaggedSound[]) => number | null,
  ): PooledMetric => ({
    description,
    whole: true,
    takes: ({ tagged }) => tagged.get(name)?.truth !== undefined,
    pool(measured) {
      const pairs = measured.flatMap(({ tagged }) => tagged.get(name) ?? []);
      if (pairs.length < 2) return null;
      return pool(
        pairs.map(({ sound }) => sound),
        pairs.map(({ truth }) => truth!),
      );
    },
  });
  const embeddings = (sounds: TaggedSound[]): Float32Array[] => sounds.map(({ embedding }) => embedding);
  const frechet = named(
    'fd',
    'FD',
    'lower',
    'Fréchet distance of the embeddings from those of the true sounds. Grows as sounds get fewer, so compare equal numbers, ' +
      'and beside the controls. Blind to time.',
  );
  const extrapolated = named(
    'fd-extrapolated',
    'FD∞',
    'lower',
    'The Fréchet distance without its bias by the number of sounds; needs more of them than the embedding has dimensions.',
  );
  const nearest = named(
    'r1',
    'R@1',
    'higher',
    'Share of sounds to which the true sound of their clip is the nearest of all true ones; by chance one over the clips.',
  );
  const certain = named(
    'is',
    'IS',
    'higher',
    'Inception score: each sound heard as one class for certain, all together as many. Knows neither video nor truth.',
  );
  return {
    distances: [
      whole(frechet, (a, b) => frechetDistance(embeddings(a), embeddings(b))),
      whole(
        extrapolated,
        (a, b) => extrapolatedFrechetDistance(embeddings(a), embeddings(b), { paired: true }).distance,
      ),
      whole(nearest, (a, b) => retrieval(embeddings(a), embeddings(b)).recallAt1),
    ],
    inception: whole(certain, (sounds) => inceptionScore(sounds.map(({ logits }) => logits!))),
  };
}

/** Has a tagger listen to sounds, and adds to each what it hears. */
export async function addTags(
  tagger: SoundTagger,
  heard: readonly { measured: MeasuredSound; samples: Float32Array }[],
  truthOf: (measured: MeasuredSound) => Promise<TaggedSound | undefined>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const sounds = await tagSounds(
    tagger,
    heard.map(({ samples }) => samples),
    signal,
  );
  for (const [i, { measured }] of heard.entries()) {
    const sound = sounds[i]!;
    const truth = await truthOf(measured);
    measured.tagged.set(tagger.name, { sound, truth });
    if (!truth?.logits || !sound.logits || !tagger.classes) continue;
    measured.values[`kl-${tagger.name}`] = klDivergence(truth.logits, sound.logits);
    const [own, true_] = [sound.logits, truth.logits].map((logits) =>
      topTags(logits, tagger.classes!, Math.min(TOP, tagger.classes!.length)),
    );
    measured.values[`tags-${tagger.name}`] = tagOverlap(own!, true_!);
  }
}

/** What a tagger hears in sounds at the rate of the evaluation. */
export async function tagSounds(
  tagger: SoundTagger,
  sounds: readonly Float32Array[],
  signal: AbortSignal | undefined,
): Promise<TaggedSound[]> {
  const { embeddings, logits } = await tagger.embed(sounds, { sampleRate: SOUND_RATE, ...(signal && { signal }) });
  return embeddings.map((embedding, i) => ({ embedding, logits: logits?.[i] }));
}
