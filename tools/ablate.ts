/** `node engine ablate TABLE`: trains the cells of an ablation table, and compares them. */

import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { AblationProgress } from '../model/evaluation/ablation/runs.js';
import { interruptible } from './interrupt.js';
import { whole } from './options.js';
import { clock, progress, result, say } from './terminal.js';

interface AblateCommandOptions {
  out?: string;
  checkpointSeconds: number;
  json?: boolean;
}

/** Lines of progress come at least this many seconds apart. */
const EVERY_SECONDS = 10;

export function register(program: Command): void {
  program
    .command('ablate')
    .description('train the cells of an ablation table and compare them; stopped, it goes on where it was')
    .argument('<table>', 'a JSON file, such as model/training/configs/ablation-small.json')
    .option('-o, --out <folder>', 'folder of runs and results (default: runs/ablation-NAME)')
    .option('--checkpoint-seconds <n>', 'seconds between checkpoints; 0: after every step', whole(0), 180)
    .option('--json', 'print the results as one JSON object')
    .action(runAblation);
}

async function runAblation(path: string, options: AblateCommandOptions): Promise<void> {
  const { createEngine } = await import('../engine/engine.js');
  const { ablate, ablationTable, readAblationTable } = await import('../model/evaluation/index.js');
  const table = readAblationTable(path);
  const folder = resolve(options.out ?? join('runs', `ablation-${table.name}`));
  const bar = progress('evaluating');
  const results = await interruptible(async (signal) => {
    try {
      return await ablate(table, {
        ...{ folder, signal, checkpointSeconds: options.checkpointSeconds },
        openEngine: () => createEngine(),
        onProgress: reporter(),
        onFailure: ({ cell, seed, error }) => say(`failed: ${cell}, seed ${seed}: ${error}`),
        onEvaluation: bar.update.bind(bar),
      });
    } finally {
      bar.stop();
    }
  });
  result(options.json ? JSON.stringify(results) : ablationTable(results));
  say(`results: ${folder}`);
  if (results.failures.length > 0) process.exitCode = 1;
}

/** A line now and then, and one at the end of each stage. */
function reporter(): (progress: AblationProgress) => void {
  let reported = 0;
  return ({ run, runs, cell, seed, stage, done, total, figures, secondsLeft }) => {
    if (Date.now() - reported < EVERY_SECONDS * 1000 && done < total) return;
    reported = Date.now();
    const loss = figures?.loss === undefined ? '' : `  loss ${figures.loss.toFixed(4)}`;
    const left = secondsLeft === undefined ? '' : `, all runs in ${clock(secondsLeft)}`;
    say(`run ${run} of ${runs}, ${cell}, seed ${seed}: ${stage} ${done} of ${total}${loss}${left}`);
  };
}
