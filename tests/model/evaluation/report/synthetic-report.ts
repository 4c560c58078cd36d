/** A report of made-up systems and figures, with real videos and sounds: what the page is tested with. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  ClipReport,
  Estimate,
  EvaluationReport,
  MetricDescription,
  ReportClip,
  SystemReport,
} from '../../../../model/evaluation/report/report.js';
import { writeWav } from '../../../../model/media/index.js';
import { uniformSource } from '../../../harness/random.js';

const RATE = 16_000;

const METRICS: readonly MetricDescription[] = [
  {
    key: 'f1-50',
    label: 'F1@50',
    unit: '',
    better: 'higher',
    group: 'synchrony',
    explanation:
      'Harmonic mean of precision and recall of onsets matched one to one with events within 50 ms. Blind to what the sound is.',
  },
  {
    key: 'f1-100',
    label: 'F1@100',
    unit: '',
    better: 'higher',
    group: 'synchrony',
    explanation: 'The same within 100 ms.',
  },
  {
    key: 'timing-error',
    label: 'timing error',
    unit: 'ms',
    better: 'nearer 0',
    group: 'synchrony',
    explanation: 'Median of onset less event, of the pairs within 100 ms.',
  },
  {
    key: 'av-align',
    label: 'AV-Align',
    unit: '',
    better: 'higher',
    group: 'synchrony',
    explanation: 'As published. Counts several onsets against one peak of the video, and depends on the frame rate.',
  },
  {
    key: 'stft-l1',
    label: 'STFT-L1',
    unit: '',
    better: 'lower',
    group: 'quality',
    explanation: 'Mean absolute difference of magnitude spectrograms at three resolutions. Blind to small shifts.',
  },
  {
    key: 'pesq-wide',
    label: 'PESQ-WB',
    unit: 'MOS',
    better: 'higher',
    group: 'quality',
    explanation: 'ITU-T P.862.2. A measure of speech; it aligns the two in time first and so hides desynchrony.',
  },
  {
    key: 'fd-onset',
    label: 'FD-onset',
    unit: '',
    better: 'lower',
    group: 'distribution',
    explanation: 'Fréchet distance of embeddings by our own tagger. Grows as the number of sounds falls.',
  },
  {
    key: 'latent-period',
    label: 'latent period',
    unit: '',
    better: 'lower',
    group: 'machine-like',
    explanation: 'Autocorrelation of the envelope at the period of the latents, on steady stretches.',
  },
  {
    key: 'loudness',
    label: 'loudness',
    unit: 'LUFS',
    better: 'neither',
    group: 'loudness',
    explanation: 'Integrated loudness, EBU R 128.',
  },
];

/** What each system is like: jitter of its hits in seconds, the share that it misses, and its central figures. */
const SYSTEMS: readonly (Pick<SystemReport, 'name' | 'kind' | 'description'> & {
  jitter: number;
  missed: number;
  figures: readonly (number | null)[];
})[] = [
  {
    name: 'Onset',
    kind: 'system',
    description: 'The default model, 8 steps, guidance 2',
    jitter: 0.025,
    missed: 0.1,
    figures: [0.78, 0.86, 8, 0.31, 1.12, 1.84, 4.1, 0.11, -21.4],
  },
  {
    name: 'VTA-LDM',
    kind: 'system',
    description: 'The published sounds',
    jitter: 0.4,
    missed: 0.4,
    figures: [0.14, 0.27, -41, 0.28, 1.71, 1.22, 7.9, 0.04, -18.2],
  },
  {
    name: 'True audio',
    kind: 'reference',
    description: "The clips' own sound",
    jitter: 0.004,
    missed: 0.01,
    figures: [0.98, 0.99, 0, 0.35, 0, 4.64, 0, 0.01, -23],
  },
  {
    name: 'True audio, codec',
    kind: 'reference',
    description: 'Encoded and decoded',
    jitter: 0.006,
    missed: 0.02,
    figures: [0.97, 0.98, 1, 0.34, 0.42, 3.31, 1.2, 0.09, -23.1],
  },
  {
    name: 'Shuffled video',
    kind: 'control',
    description: 'The sound for another clip',
    jitter: 0.6,
    missed: 0.1,
    figures: [0.13, 0.26, 12, 0.3, 1.66, 1.31, 4.1, 0.11, -21.4],
  },
  {
    name: 'Random onsets',
    kind: 'control',
    description: 'At the true rate',
    jitter: 0.8,
    missed: 0,
    figures: [0.11, 0.23, 4, 0.29, 1.9, 1.1, 12.6, 0.01, -24],
  },
  {
    name: 'White noise',
    kind: 'control',
    description: 'Of the same loudness',
    jitter: 0,
    missed: 1,
    figures: [0, 0, null, 0.02, 3.4, 1.02, 31.5, 0, -23],
  },
];

/** Clips to report on; videos by their paths relative to `folder`, where the sounds are written. */
export async function syntheticReport(folder: string, clips: readonly ReportClip[]): Promise<EvaluationReport> {
  const uniform = uniformSource(7);
  const systems: SystemReport[] = [];
  await mkdir(join(folder, 'sounds'), { recursive: true });
  for (const [s, { jitter, missed, figures, ...system }] of SYSTEMS.entries()) {
    const reports: ClipReport[] = [];
    for (const [c, clip] of clips.entries()) {
      const kept = clip.events.filter(() => uniform() >= missed);
      const errors = kept.map(() => jitter * (uniform() + uniform() - 1));
      const onsets = kept.map(({ time }, i) => Math.min(clip.seconds - 0.1, Math.abs(time + errors[i]!)));
      const sound = `sounds/${s}-${c}.wav`;
      await writeWav(join(folder, sound), [hits(clip.seconds, onsets, s === 6 ? 0.1 : 0.002, uniform)], RATE);
      reports.push({
        clip: clip.name,
        seed: 0,
        sound,
        onsets,
        metrics: Object.fromEntries(METRICS.map(({ key }, m) => [key, near(figures[m]!, 0.2, uniform)])),
        timingErrors: errors.filter((error) => Math.abs(error) <= 0.1),
        ...(s === 0 && { events: onsets.map((time) => ({ time, probability: 0.4 + 0.6 * uniform() })) }),
      });
    }
    const metrics = Object.fromEntries(
      METRICS.map(({ key }, m) => [key, estimate(figures[m]!, clips.length, uniform)]),
    );
    systems.push({ ...system, metrics, clips: reports });
  }
  return {
    version: 1,
    seeds: [0],
    metrics: METRICS,
    systems,
    failures: [],
    dataset: { name: 'synthetic clips', description: 'Made-up figures, to look at the page with.', clips },
    differences: METRICS.slice(0, 8).map(({ key }, m) => {
      const value = (SYSTEMS[0]!.figures[m] ?? 0) - (SYSTEMS[1]!.figures[m] ?? 0);
      const difference = { ...estimate(value, clips.length, uniform), clips: clips.length };
      return { metric: key, system: 'Onset', against: 'VTA-LDM', difference, p: m === 3 ? 0.31 : 0.0002 };
    }),
  };
}

/** Value and interval; of silence and such, `null`. */
function estimate(value: number | null, clips: number, uniform: () => number): Estimate {
  if (value === null) return { value, clips: 0 };
  const width = (0.02 + 0.08 * Math.abs(value)) * (0.5 + uniform());
  // Most figures lie in 0…1 or above; what is negative, such as a lag, stays so.
  const low = value >= 0 ? Math.max(0, value - width) : value - width;
  return { value, low, high: value + width * (0.7 + 0.6 * uniform()), clips };
}

const near = (value: number | null, spread: number, uniform: () => number): number | null =>
  value === null ? null : value * (1 + spread * (2 * uniform() - 1));

/** A decaying sum of partials at each time, over a floor of noise. */
function hits(seconds: number, times: readonly number[], floor: number, uniform: () => number): Float32Array {
  const samples = Float32Array.from({ length: Math.round(seconds * RATE) }, () => floor * (2 * uniform() - 1));
  for (const time of times) {
    const pitch = 300 + 500 * uniform();
    const strength = 0.15 + 0.25 * uniform();
    const from = Math.round(time * RATE);
    for (let i = 0; i < Math.min(RATE / 2, samples.length - from); i++) {
      const t = i / RATE;
      const partials = [1, 2.76, 5.4].reduce((sum, ratio) => {
        return sum + (Math.sin(2 * Math.PI * pitch * ratio * t) * Math.exp(-t * 9 * ratio)) / ratio;
      }, 0);
      samples[from + i]! += strength * partials;
    }
  }
  return samples;
}
