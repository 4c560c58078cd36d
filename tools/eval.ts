/** `node engine eval onset`: quality and synchrony of a model on clips it was not trained on, beside its control. */

import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Evaluation } from '../model/evaluation/index.js';
import { interruptible } from './interrupt.js';
import { number, whole } from './options.js';
import { progress, result, say } from './terminal.js';

interface EvalOptions {
  clips: number;
  seed: number;
  steps?: number;
  guidance?: number;
  weights?: string;
  real?: string;
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command('eval')
    .description('measure a model: onset F1, envelope correlation, STFT-L1, and the same with shuffled video')
    .argument('<model>', 'onset, or a folder of weights')
    .option('--clips <n>', 'held-out procedural clips', whole(2), 200)
    .option('--real <folder>', 'also measure on a folder of real clips (with vas, vggsound, footage inside)')
    .option('--seed <n>', 'seed of the sampler', whole(0, 2 ** 32 - 1), 0)
    .option('--steps <n>', 'steps of the sampler', whole(1, 1000))
    .option('--guidance <g>', 'how strongly the video guides the sound', number(0))
    .option('--json', 'print one JSON object')
    .action(async (model: string, options: EvalOptions) => {
      const { createEngine } = await import('../engine/engine.js');
      const { ONSET_DEFAULTS, OnsetPipeline } = await import('../model/onset/pipeline.js');
      const { evaluate, proceduralClips, realClips } = await import('../model/evaluation/index.js');
      const { shippedWeights } = await import('../model/onset/shipped-weights.js');
      const engine = await createEngine();
      try {
        const report = await interruptible(async (signal) => {
          const pipeline = await OnsetPipeline.load(engine, model === 'onset' ? shippedWeights() : resolve(model));
          const sampler = {
            seed: options.seed,
            steps: options.steps ?? ONSET_DEFAULTS.steps,
            guidance: options.guidance ?? ONSET_DEFAULTS.guidance,
            signal,
          };
          const bar = progress('eval');
          const reading = { onProgress: bar.update, signal };
          const sets = { procedural: await proceduralClips(engine, options.clips, reading) };
          if (options.real !== undefined) Object.assign(sets, await realClips(engine, options.real, reading));
          const measured: Record<string, Evaluation> = {};
          for (const [name, clips] of Object.entries(sets)) {
            measured[name] = await evaluate(pipeline, clips, {
              ...sampler,
              onProgress: (done, total) => bar.update(`generating ${name}`, done, total),
            });
          }
          bar.stop();
          return measured;
        });
        if (options.json) result(JSON.stringify(report));
        for (const [name, m] of Object.entries(report)) {
          say(
            `${name}: ${m.clips} clips, ${m.clipsWithEvents} with onsets; own sound F1@100 ${m.ceiling.f1At100.toFixed(3)}`,
          );
          for (const kind of ['generated', 'shuffled'] as const) {
            const s = m[kind];
            say(
              `  ${kind.padEnd(10)} F1@50 ${s.f1At50.toFixed(3)}  F1@100 ${s.f1At100.toFixed(3)}  envelope ${s.envelopeCorrelation.toFixed(3)}  STFT-L1 ${s.stftL1.toFixed(3)}`,
            );
          }
        }
      } finally {
        engine.dispose();
      }
    });
}
