/** `node engine pull NAME`: a published model's weights, into the cache. */

import type { Command } from 'commander';
import type { PullPlan } from '../weights/hub/pull.js';
import type { PullTarget } from '../weights/hub/target.js';
import { interruptible } from './interrupt.js';
import { UsageError } from './options.js';
import { type Progress, progress, result, say } from './terminal.js';

interface PullCommandOptions {
  offline?: boolean;
  json?: boolean;
}

/** The bar is redrawn at most this often, so that its estimate rests on seconds of the transfer. */
const REDRAW_MS = 200;

export function register(program: Command): void {
  program
    .command('pull')
    .description('fetch the weights of a published model into the cache; goes on where it was cut')
    .argument('<name>', 'the model, such as vta-ldm')
    .option('--offline', 'use only what is in the cache')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nEnvironment: HF_ENDPOINT, the address of a mirror; HF_TOKEN, an access token.')
    .action(async (name: string, options: PullCommandOptions) => {
      const { TARGET_NAMES, targetNamed } = await import('../weights/hub/targets.js');
      const { pull } = await import('../weights/hub/pull.js');
      const target = targetNamed(name);
      if (!target) throw new UsageError(`${name}: no such model to pull; there are: ${TARGET_NAMES.join(', ')}`);
      let bar: Progress | undefined;
      const pulled = await interruptible(async (signal) => {
        try {
          return await pull(target, {
            offline: options.offline,
            signal,
            onPlan: (plan) => {
              say(pullInWords(target, plan));
              bar = throttled(progress('pull'));
            },
            onProgress: (stage, done, total) => bar?.update(stage, done, total),
          });
        } finally {
          bar?.stop();
        }
      });
      if (options.json) result(JSON.stringify(pulled));
      else result(`${name} is ${pulled.fetched.length > 0 ? '' : 'already '}complete: ${pulled.folder}`);
    });
}

/** What, how large, from where, to where. */
export function pullInWords(
  { name, title, licence }: PullTarget,
  { files, bytes, partialBytes, sources, folder }: PullPlan,
): string {
  const left = partialBytes > 0 ? `, ${gigabytes(partialBytes)} of them here from last time` : '';
  const names = files.map((file) => file.name).join(', ');
  return `${name} (${title}, ${licence}): ${gigabytes(bytes)}${left}: ${names}\nfrom ${sources.join(', or ')}\nto ${folder}`;
}

function gigabytes(bytes: number): string {
  return bytes >= 1e8 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** At most one update of a stage each REDRAW_MS. */
export function throttled(bar: Progress): Progress {
  let last = { stage: '', at: 0 };
  return {
    update(stage, done, total) {
      const at = performance.now();
      if (stage === last.stage && done < total && at - last.at < REDRAW_MS) return;
      last = { stage, at };
      bar.update(stage, done, total);
    },
    stop: () => bar.stop(),
  };
}
