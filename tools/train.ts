/** `node engine train CONFIG`: trains a model's stages, with checkpoints, and writes its weights. */

import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { packageVersion } from '../engine/platform/package-path.js';
import type { TrainOptions } from '../model/training/train.js';
import { interruptible } from './interrupt.js';
import { whole } from './options.js';
import { clock, result, say } from './terminal.js';

interface TrainCommandOptions {
  out?: string;
  resume?: boolean;
  onlyCodec?: boolean;
  checkpointSeconds: number;
  json?: boolean;
}

/** Lines of progress come at least this many seconds apart. */
const EVERY_SECONDS = 5;

export function register(program: Command): void {
  program
    .command('train')
    .description('train a model from a config; checkpoints and weights go to runs/NAME')
    .argument('<config>', 'a JSON file, such as model/training/configs/onset.json')
    .option('-o, --out <folder>', 'folder of checkpoints and weights (default: runs/NAME)')
    .option('--resume', 'go on from the checkpoints in the folder')
    .option('--only-codec', 'train the codec and stop, without making the clips that the other stages see')
    .option('--checkpoint-seconds <n>', 'seconds between checkpoints; 0: after every step', whole(0), 180)
    .option('--json', 'print one JSON object a reported step to stdout')
    .action(runTraining);
}

async function runTraining(path: string, options: TrainCommandOptions): Promise<void> {
  const { createEngine } = await import('../engine/engine.js');
  const { ConfigError, parseTrainingConfig } = await import('../model/training/config.js');
  const { isTaggerConfig, parseTaggerConfig } = await import('../model/training/tagger/config.js');
  const { trainTagger } = await import('../model/training/tagger/train-tagger.js');
  const { train, trainCodec } = await import('../model/training/train.js');
  const { sha256 } = await import('../weights/index.js');
  const text = readFileSync(path, 'utf8');
  const config = isTaggerConfig(text) ? parseTaggerConfig(text, path) : parseTrainingConfig(text, path);
  if (options.onlyCodec && 'kind' in config) {
    throw new ConfigError(`${path}: a config of the audio tagger has no codec; leave out --only-codec`);
  }
  const folder = resolve(options.out ?? join('runs', config.name));
  const weights = options.onlyCodec ? join(folder, 'codec.safetensors') : join(folder, 'weights');
  const began = Date.now();
  const engine = await createEngine();
  try {
    await interruptible(async (signal) => {
      const given = {
        engine,
        folder,
        resume: options.resume ?? false,
        engineVersion: packageVersion(),
        configPath: basename(path),
        configSha256: await sha256(text),
        checkpointSeconds: options.checkpointSeconds,
        signal,
        onNote: say,
        ...reporters(began, options.json ?? false),
      };
      if ('kind' in config) await trainTagger({ ...given, config });
      else await (options.onlyCodec ? trainCodec : train)({ ...given, config });
    });
  } finally {
    engine.dispose();
  }
  say(`weights: ${weights}`);
  if (options.json) result(JSON.stringify({ weights, seconds: secondsSince(began) }));
}

/** Lines for people now and then, always at the end of a part; with `json` an object for each reported step. */
function reporters(began: number, json: boolean): Pick<TrainOptions, 'onData' | 'onProgress'> {
  let reported = 0;
  const due = (done: number, total: number): boolean => {
    if (Date.now() - reported < EVERY_SECONDS * 1000 && done < total) return false;
    reported = Date.now();
    return true;
  };
  return {
    onData(done, total, what) {
      if (due(done, total)) say(`${what}: ${done} of ${total}`);
    },
    onProgress({ stage, step, steps, figures, secondsPerStep }) {
      if (json) result(JSON.stringify({ stage, step, seconds: secondsSince(began), ...figures }));
      if (!due(step, steps)) return;
      const shown = Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(4)}`);
      const left = clock((steps - step) * secondsPerStep);
      say(`${stage} ${step}/${steps}  ${shown.join('  ')}  ${secondsPerStep.toFixed(2)} s a step, ${left} left`);
    },
  };
}

const secondsSince = (began: number): number => (Date.now() - began) / 1000;
