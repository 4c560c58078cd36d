/** Evaluations from clips to report, with systems whose sound is known. */

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dataset, type DatasetClip, SOUND_RATE } from '../../../model/evaluation/datasets/dataset.js';
import { proceduralDataset } from '../../../model/evaluation/datasets/procedural.js';
import { EvaluationError } from '../../../model/evaluation/errors.js';
import { evaluate } from '../../../model/evaluation/evaluate.js';
import { metricTable } from '../../../model/evaluation/figures/index.js';
import type { EvaluationReport, SystemReport } from '../../../model/evaluation/report/report.js';
import { textTable } from '../../../model/evaluation/report/text-table.js';
import { SoundStore } from '../../../model/evaluation/sound-store.js';
import { clicksAt } from '../../../model/evaluation/systems/clicks.js';
import type { System, SystemSound } from '../../../model/evaluation/systems/system.js';
import type { SoundTagger } from '../../../model/evaluation/taggers/tagger.js';
import { cleanups, suite } from '../../harness/suite.js';
import { inScratchFolder } from '../../weights/scratch.js';

const test = suite('evaluation: from clips to report');

const CLIPS = 4;
/** What the tests look at; all of it together takes long. */
const METRICS = ['f1-50', 'f1-100', 'f1-50-best-lag', 'precision-50', 'timing-error', 'envelope'];
const home = mkdtempSync(join(tmpdir(), 'onset-evaluation-'));
cleanups.push(() => rmSync(home, { recursive: true, force: true }));

/** Clips, which are rendered once, and a folder of the test's own. */
const withClips = <T>(use: (dataset: Dataset, folder: string) => Promise<T>): Promise<T> =>
  inScratchFolder(async (folder) => use(await proceduralDataset({ clips: CLIPS, folder: home }), folder));

/** A system with clicks at the times that it is told for a clip's events. */
function clicking(name: string, timesOf: (times: number[], clip: DatasetClip) => number[], more = {}): System {
  return {
    ...{ name, kind: 'system', description: 'clicks', seeded: false, ...more },
    soundFor: async (clip): Promise<SystemSound> => {
      const times = timesOf(
        clip.events.map(({ time }) => time),
        clip,
      );
      return { samples: clicksAt(times, clip.seconds), sampleRate: SOUND_RATE };
    },
  };
}

const named = ({ systems }: EvaluationReport, name: string): SystemReport =>
  systems.find((each) => each.name === name)!;
const figure = (report: EvaluationReport, system: string, metric: string): number | null =>
  named(report, system).metrics[metric]!.value;

test('perfect events score 1, a shift of 80 ms only within 100, doubled onsets lose; controls are always there', () =>
  withClips(async (dataset, folder) => {
    const systems = [
      clicking('perfect', (times) => times),
      clicking('late', (times) => times.map((time) => time + 0.08)),
      clicking('doubled', (times) => times.flatMap((time) => [time, time + 0.2])),
    ];
    const progress: string[] = [];
    const report = await evaluate(dataset, systems, {
      store: new SoundStore(join(folder, 'work')),
      metrics: METRICS,
      onProgress: (stage) => void progress.push(stage),
    });
    // Events less than 60 ms apart are one onset to the detector.
    assert.ok(figure(report, 'perfect', 'f1-50')! > 0.95);
    assert.ok(figure(report, 'late', 'f1-50')! < 0.4);
    assert.ok(figure(report, 'late', 'f1-100')! > 0.9);
    assert.ok(figure(report, 'late', 'f1-50-best-lag')! > 0.9);
    assert.ok(Math.abs(figure(report, 'late', 'timing-error')! - 80) < 10);
    assert.ok(figure(report, 'doubled', 'f1-50')! < figure(report, 'perfect', 'f1-50')! - 0.15);
    assert.equal(figure(report, 'silence', 'f1-100'), 0);
    assert.equal(figure(report, 'silence', 'precision-50'), null);
    assert.equal(figure(report, 'true audio', 'envelope'), 1);
    assert.ok(figure(report, 'perfect, shuffled video', 'f1-50')! < 0.6);
    assert.deepEqual(
      report.systems.map(({ name, kind }) => `${kind}: ${name}`),
      [
        ...['system: perfect', 'system: late', 'system: doubled', 'reference: true audio'],
        ...systems.flatMap(({ name }) => [`control: ${name}, shuffled video`, `control: ${name}, rotated in time`]),
        ...[
          'control: clicks at frame differences',
          'control: random onsets',
          'control: white noise',
          'control: silence',
        ],
      ],
    );
    const differs = report.differences.find(
      ({ metric, system, against }) => metric === 'f1-50' && system === 'perfect' && against === 'late',
    )!;
    assert.ok(differs.difference.value! > 0.5 && differs.p <= 1);
    assert.deepEqual([...new Set(progress)].slice(0, 3), ['opening clips', 'perfect', 'late']);
    const { low, high, value } = named(report, 'late').metrics['f1-100']!;
    assert.ok(low! <= value! && value! <= high!);
    assert.match(textTable(report), /^perfect +\d\.\d{3} \[/m);
  }));

test('only chosen metrics are taken, and of seeded systems the figures of each seed', () =>
  withClips(async (dataset, folder) => {
    const store = new SoundStore(join(folder, 'work'));
    // Perfect with seed 4, and silent with seed 5.
    const moody: System = {
      ...clicking('moody', (times) => times, { seeded: true }),
      soundFor: async (clip, { seed }) => ({
        samples: clicksAt(seed === 4 ? clip.events.map(({ time }) => time) : [], clip.seconds),
        sampleRate: SOUND_RATE,
      }),
    };
    const metrics = ['stft-l1', 'f1-100'];
    const report = await evaluate(dataset, [moody], { store, metrics, seeds: [4, 5] });
    assert.deepEqual(report.metrics.map(({ key }) => key).sort(), ['f1-100', 'stft-l1']);
    const { bySeed, metrics: estimates } = named(report, 'moody');
    assert.deepEqual(Object.keys(estimates).sort(), ['f1-100', 'stft-l1']);
    assert.deepEqual(
      bySeed!.map(({ seed }) => seed),
      [4, 5],
    );
    const [perfect, silent] = bySeed!.map((each) => each.metrics['f1-100']!);
    assert.ok(perfect! > 0.95 && silent === 0);
    assert.ok(estimates['f1-100']!.value! > 0.5 && estimates['f1-100']!.value! < 0.8);
    assert.equal(named(report, 'silence').bySeed, undefined);
    await assert.rejects(
      evaluate(dataset, [moody], { store, metrics: ['beauty'] }),
      (error: Error) => error instanceof EvaluationError && /no metric beauty; there are f1-50, /.test(error.message),
    );
  }));

test('systems are compared with each other, or all with one of them; and each with its own sounds shuffled', () =>
  withClips(async (dataset, folder) => {
    const systems = ['a', 'b', 'c'].map((name) => clicking(name, (times) => times));
    const pairs = async (reference?: string): Promise<string[]> => {
      const store = new SoundStore(join(folder, 'work'));
      const { differences } = await evaluate(dataset, systems, { store, metrics: ['f1-100'], reference });
      return differences.map(({ system, against }) => `${system}-${against}`);
    };
    const shuffled = ['a', 'b', 'c'].map((name) => `${name}-${name}, shuffled video`);
    assert.deepEqual((await pairs()).sort(), ['a-b', 'a-c', 'b-c', ...shuffled].sort());
    assert.deepEqual((await pairs('b')).sort(), ['b-a', 'b-c', ...shuffled].sort());
  }));

test('a clip without events has no synchrony, and figures say how many clips they are of', () =>
  withClips(async (dataset, folder) => {
    const entries = dataset.entries.map((entry, i) => ({ ...entry, ...(i === 0 && { events: [] }) }));
    const report = await evaluate({ ...dataset, entries }, [clicking('perfect', (times) => times)], {
      store: new SoundStore(join(folder, 'work')),
      metrics: METRICS,
    });
    const eventful = report.dataset.clips.filter(({ events }) => events.length > 0).length;
    assert.equal(report.dataset.clips[0]!.eventSource, 'none');
    assert.equal(named(report, 'perfect').metrics['f1-50']!.clips, eventful);
    assert.equal(named(report, 'perfect').metrics.envelope!.clips, CLIPS);
    assert.equal(named(report, 'perfect').clips[0]!.metrics['f1-50'], null);
  }));

test('a broken clip and a failing system are reported, and no figure counts the clip', () =>
  withClips(async (dataset, folder) => {
    const broken = join(folder, 'broken.mp4');
    writeFileSync(broken, 'no video');
    const entries = [...dataset.entries, { name: 'broken', path: broken, sound: 'own if any' as const, offset: 0 }];
    const perfect = clicking('perfect', (times) => times);
    const failing = clicking('failing', (times, clip) => {
      if (clip.name === entries[1]!.name) throw new EvaluationError('no sound for this one');
      return times;
    });
    const odd = {
      ...clicking('odd', () => []),
      soundFor: async () => ({ samples: Float32Array.of(NaN), sampleRate: 1 }),
    };
    const store = new SoundStore(join(folder, 'work'));
    const report = await evaluate({ ...dataset, entries }, [perfect, failing], { store, metrics: METRICS });
    assert.deepEqual(
      report.failures.map(({ system, clip }) => [system, clip]),
      [
        ['the clip itself', 'broken'],
        ['failing', entries[1]!.name],
      ],
    );
    for (const system of report.systems) assert.ok(system.metrics.envelope!.clips <= CLIPS - 1, system.name);
    assert.equal(named(report, 'perfect').clips.length, CLIPS);
    assert.match(textTable(report), /failed: failing, .*: no sound for this one/);
    await assert.rejects(
      evaluate(dataset, [odd], { store, metrics: METRICS }),
      /none of the 4 clips .* of odd .*NaN at sample 0/,
    );
  }));

test('what is no fault of a clip ends the evaluation', () =>
  withClips(async (dataset, folder) => {
    const store = new SoundStore(join(folder, 'work'));
    const faulty = clicking('faulty', () => {
      throw new TypeError('a mistake in the program');
    });
    await assert.rejects(evaluate(dataset, [faulty], { store, metrics: METRICS }), TypeError);
    const twice = [clicking('a', () => []), clicking('a', () => [])];
    await assert.rejects(evaluate(dataset, twice, { store, metrics: METRICS }), /two systems are named a/);
  }));

test('dear sounds are made once: a second evaluation, and one that goes on after an end, give the same figures', () =>
  withClips(async (all, folder) => {
    const dataset = { ...all, entries: all.entries.slice(0, 2) };
    let made = 0;
    const controller = new AbortController();
    const counting = (stopAt: number): System =>
      clicking(
        'dear',
        (times) => {
          if (++made === stopAt) controller.abort(new Error('stopped'));
          return times;
        },
        { seeded: true, cacheKey: 'weights' },
      );
    const options = { store: new SoundStore(join(folder, 'work')), metrics: METRICS, seeds: [0, 1], folder };
    const stopped = evaluate(dataset, [counting(3)], { ...options, signal: controller.signal });
    await assert.rejects(stopped, /stopped/);
    made = 0;
    const first = await evaluate(dataset, [counting(0)], options);
    // The sound that was being made when it was stopped was kept, too.
    assert.equal(made, 1);
    const second = await evaluate(dataset, [counting(0)], options);
    assert.equal(made, 1);
    assert.deepEqual(second, first);
    const sounds = named(first, 'dear').clips.map(({ sound }) => sound!);
    assert.equal(new Set(sounds).size, 4);
    assert.ok(sounds.every((sound) => existsSync(join(folder, sound))));
    assert.deepEqual(JSON.parse(JSON.stringify(first)), first);
    await evaluate(dataset, [{ ...counting(0), cacheKey: 'other weights' }], options);
    assert.equal(made, 5);
    const ofSeed = (seed: number): string => (seed === 0 ? 'weights' : 'weights of another seed');
    await evaluate(dataset, [{ ...counting(0), cacheKey: ofSeed }], options);
    assert.equal(made, 7, 'those of seed 0 are as before');
  }));

/** Hears how loud a sound is, in two classes. */
const loudTagger: SoundTagger = {
  ...{ name: 'loud', sampleRate: SOUND_RATE, classes: ['loud', 'soft'] },
  async embed(sounds) {
    const embeddings = sounds.map((sound) => {
      const power = sound.reduce((sum, value) => sum + value * value, 0) / sound.length;
      return Float32Array.of(power, Math.sqrt(power));
    });
    return { embeddings, windows: embeddings.map((each) => [each]), logits: embeddings };
  },
  dispose: async () => {},
};

test('every metric has a figure of the true audio, also what a tagger hears, with the seeds of a clip together', () =>
  withClips(async (all, folder) => {
    const dataset = { ...all, entries: all.entries.slice(0, 3) };
    const store = new SoundStore(join(folder, 'work'));
    const taggers = [loudTagger];
    const metrics = metricTable(taggers);
    const described = [
      ...metrics.pooled.map(({ description }) => description),
      ...metrics.sound.flatMap(({ descriptions }) => descriptions),
      ...metrics.added,
    ];
    assert.equal(new Set(described.map(({ key }) => key)).size, described.length);
    // PESQ takes longer than everything else together.
    const keys = described.map(({ key }) => key).filter((key) => !key.startsWith('pesq'));
    const report = await evaluate(dataset, [], { store, taggers, metrics: keys });
    const figures = named(report, 'true audio').metrics;
    assert.deepEqual(Object.keys(figures), keys);
    for (const key of keys) {
      // Clips of 4 s hold no program of a loudness range; two dimensions need more sounds than three for extrapolation.
      if (!['loudness-range', 'fd-extrapolated-loud'].includes(key)) assert.ok(figures[key]!.value !== null, key);
    }
    assert.ok(Math.abs(figures['fd-loud']!.value!) < 1e-12);
    assert.equal(figures['fd-loud']!.low, undefined);
    assert.equal(figures['kl-loud']!.value, 0);
    assert.equal(figures['tags-loud']!.value, 1);
    assert.equal(figures['r1-loud']!.value, 1);
    assert.ok(figure(report, 'white noise', 'fd-loud')! > 0);
    assert.equal(named(report, 'true audio').clips[0]!.metrics['fd-loud'], undefined);
  }));

test('one clip has no shuffled control, and the report says why', () =>
  withClips(async (dataset, folder) => {
    mkdirSync(join(folder, 'work'));
    const one = { ...dataset, entries: dataset.entries.slice(0, 1) };
    const missing = [{ system: 'recordings', reason: 'the network is away' }];
    const options = { store: new SoundStore(join(folder, 'work')), metrics: METRICS, missing };
    const report = await evaluate(one, [], { ...options, listen: 1, folder });
    assert.deepEqual(report.missing, missing);
    assert.ok(report.systems.every(({ clips }) => clips.every(({ sound }) => existsSync(join(folder, sound!)))));
    const system = clicking('perfect', (times) => times);
    const again = await evaluate(one, [system], options);
    assert.deepEqual(
      again.missing!.map((each) => each.system),
      ['recordings', 'perfect, shuffled video'],
    );
  }));

test.run();
