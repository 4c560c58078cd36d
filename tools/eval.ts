/** `node engine eval SYSTEM…`: quality and synchrony of systems on clips, beside controls, with intervals. */

import { dirname, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { Engine } from '../engine/engine.js';
import { userCache } from '../engine/platform/user-cache.js';
import type { Dataset, EvaluationReport, SoundTagger } from '../model/evaluation/index.js';
import { interruptible } from './interrupt.js';
import { number, whole } from './options.js';
import { recordingsIfAvailable } from './recordings.js';
import { type Progress, progress, result, say } from './terminal.js';

interface EvalOptions {
  data: string;
  root?: string;
  split?: string;
  clips?: number;
  seeds: number[];
  steps?: number;
  guidance?: number;
  sampler?: string;
  tagger: string[];
  metrics?: string[];
  out?: string;
  work?: string;
  offline?: boolean;
  json?: boolean;
}

/** Controls that are always measured may be named as well. */
const CONTROLS = ['true', 'codec', 'shuffled', 'rotated', 'clicks', 'random', 'noise', 'silence', 'recordings'];
/** Clips of the procedural world where no number is given. */
const PROCEDURAL_CLIPS = 200;
/** Clips, from the first on, of which a report plays the controls as well. */
const LISTEN = 40;

export function register(program: Command): void {
  program
    .command('eval')
    .description('measure systems on clips: synchrony and quality, beside controls, with 95 % intervals')
    .argument('<system...>', `a model's name, a folder of weights or of .wav files; NAME=SYSTEM names it otherwise`)
    .option(
      '--data <dataset>',
      'a folder of clips or a manifest; procedural: held-out clips of the foley world',
      'procedural',
    )
    .option('--root <folder>', 'the folder of the clips, in place of the manifest’s own')
    .option('--split <name>', 'only clips of that split (procedural: held-out, compositional)')
    .option('--clips <n>', `only the first n clips (procedural: ${PROCEDURAL_CLIPS})`, whole(1))
    .option('--seeds <list>', 'seeds of models and controls, such as 0,1,2', seedList, [0])
    .option('--steps <n>', 'steps of the sampler', whole(1, 1000))
    .option('--guidance <g>', 'how strongly the video guides the sound', number(0))
    .option('--sampler <name>', 'how the model samples')
    .option('--tagger <file>', 'a network’s checkpoint, for FD, KL and IS by its hearing; may be repeated', collect, [])
    .option('--metrics <keys>', 'only these metrics, such as f1-50,envelope', (text: string) => text.split(','))
    .option('--out <file>', 'write a report as one HTML file')
    .option('--work <folder>', 'where sounds are kept, for the next run goes on from them (default: the user’s cache)')
    .option('--offline', 'fetch no recordings')
    .option('--json', 'print the report as one JSON object')
    .addHelpText('after', `\nControls are always measured along, and may be named: ${CONTROLS.join(', ')}.`)
    .action(runEvaluation);
}

async function runEvaluation(names: string[], options: EvalOptions): Promise<void> {
  const { createEngine } = await import('../engine/engine.js');
  const { textTable } = await import('../model/evaluation/index.js');
  const bar = progress('eval');
  const report = await interruptible(async (signal) => {
    try {
      const dataset = await openDataset(options, bar, signal);
      const engine = await createEngine();
      try {
        const evaluated = await evaluateSystems(engine, dataset, names, { ...options, bar, signal });
        if (options.out !== undefined) await writeHtml(evaluated, options.out, bar, signal);
        return evaluated;
      } finally {
        engine.dispose();
      }
    } finally {
      bar.stop();
    }
  });
  result(options.json ? JSON.stringify(report) : textTable(report));
}

async function openDataset(
  { data, root, split, clips }: EvalOptions,
  bar: Progress,
  signal: AbortSignal,
): Promise<Dataset> {
  const { proceduralDataset, readDataset } = await import('../model/evaluation/index.js');
  if (data !== 'procedural') return readDataset(data, { root, split, clips });
  const onProgress = bar.update.bind(bar);
  return proceduralDataset({ split, clips: clips ?? PROCEDURAL_CLIPS, onProgress, signal });
}

async function evaluateSystems(
  engine: Engine,
  dataset: Dataset,
  names: readonly string[],
  options: EvalOptions & { bar: Progress; signal: AbortSignal },
): Promise<EvaluationReport> {
  const { evaluate, findSystem, modelControls, SoundStore } = await import('../model/evaluation/index.js');
  const { steps, guidance, sampler, seeds, out, work, offline, tagger, metrics, bar, signal } = options;
  const systems = await Promise.all(
    names
      .filter((name) => !CONTROLS.includes(name))
      .map((name) => findSystem(engine, name, { steps, guidance, sampler })),
  );
  const store = new SoundStore(work === undefined ? userCache('evaluation', 'sounds') : resolve(work));
  const recordings = await recordingsIfAvailable({ offline, signal });
  const { controls, missing } = await modelControls(engine, systems, recordings, store.soundOf);
  const taggers = await openTaggers(engine, tagger, metrics, signal);
  try {
    return await evaluate(
      dataset,
      systems.map(({ system }) => system),
      {
        ...{ store, seeds, metrics, controls, missing, taggers, signal },
        ...{ folder: out === undefined ? undefined : dirname(resolve(out)), listen: out === undefined ? 0 : LISTEN },
        onProgress: bar.update.bind(bar),
      },
    );
  } finally {
    for (const each of taggers) await each.dispose();
  }
}

/** Our own tagger, unless no metric of it is wanted, and those of checkpoints. */
async function openTaggers(
  engine: Engine,
  checkpoints: readonly string[],
  metrics: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<SoundTagger[]> {
  const { OnsetTagger, openTagger } = await import('../model/evaluation/index.js');
  const own = metrics === undefined || metrics.some((key) => key.endsWith('-onset'));
  return Promise.all([
    ...(own ? [OnsetTagger.load(engine)] : []),
    ...checkpoints.map((path) => openTagger(engine, path, { signal })),
  ]);
}

async function writeHtml(report: EvaluationReport, out: string, bar: Progress, signal: AbortSignal): Promise<void> {
  const { writeReport } = await import('../model/evaluation/index.js');
  const written = await writeReport(report, out, { cards: LISTEN, onProgress: bar.update.bind(bar), signal });
  bar.stop();
  for (const fault of written.faults) say(`not in the report: ${fault}`);
  const beside = written.files === undefined ? '' : `, with ${written.files} beside it`;
  say(`${out}: ${(written.bytes / 1e6).toFixed(1)} MB${beside}`);
}

const collect = (value: string, before: string[]): string[] => [...before, value];

function seedList(text: string): number[] {
  const seeds = text.split(',').map((part) => whole(0, 2 ** 32 - 1)(part.trim()));
  if (new Set(seeds).size < seeds.length) throw new InvalidArgumentError('the same seed is named twice.');
  return seeds;
}
