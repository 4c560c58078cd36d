/** `node engine stage NAME`: one stage of a model, tensors in and out, for checks against another implementation. */

import { statSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { StageRequest, Tensors } from '../model/vta-ldm/stages.js';
import { interruptible } from './interrupt.js';
import { number, UsageError, whole } from './options.js';
import { progress, result, say } from './terminal.js';

interface StageOptions {
  weights?: string;
  in?: string;
  out: string;
  clip?: string;
  dtype: 'f32' | 'f16';
  steps: number;
  guidance: number;
  sampler: StageRequest['sampler'];
  fps: StageRequest['frameRule'];
  nFft: number;
  hop: number;
  window: 'hann';
  runs: number;
}

export function register(program: Command): void {
  program
    .command('stage')
    .description('run one stage of VTA-LDM, or appearance: safetensors in, safetensors out')
    .argument('<name>', 'frames, clip, unet, sample, vae-decode, vae-encode, vocoder, mel, stft or appearance')
    .option('--weights <folder>', 'the folder of the published files')
    .option('--in <file>', 'safetensors with the stage’s inputs')
    .requiredOption('--out <file>', 'safetensors to write')
    .option('--clip <file>', 'video, for frames')
    .addOption(new Option('--dtype <type>', 'storage of matrices and kernels').choices(['f32', 'f16']).default('f32'))
    .option('--steps <n>', 'steps of the sampler', whole(1, 1000), 300)
    .option('--guidance <g>', 'classifier-free guidance', number(0), 3)
    .addOption(
      new Option('--sampler <name>', 'sampler').choices(['ddpm', 'ddim', 'dpm-solver++', 'euler']).default('ddpm'),
    )
    .addOption(
      new Option('--fps <rule>', 'frame rate: cut to a whole number as released, or exact')
        .choices(['released', 'exact'])
        .default('released'),
    )
    .option('--n-fft <n>', 'size of the FFT, for stft', whole(4, 65536), 1024)
    .option('--hop <n>', 'samples from frame to frame, for stft', whole(1, 65536), 160)
    .addOption(new Option('--window <name>', 'window, for stft').choices(['hann']).default('hann'))
    .option('--runs <n>', 'run a stage that has weights so often, and say how long each run took', whole(1, 1000), 1)
    .action(async (name: string, options: StageOptions) => {
      const { STAGES, runStage } = await import('../model/vta-ldm/stages.js');
      const stage = STAGES.find((each) => each === name);
      if (!stage) throw new InvalidArgumentError(`no stage '${name}'; there are ${STAGES.join(', ')}.`);
      const needsWeights = !['frames', 'mel', 'stft'].includes(stage);
      if (needsWeights && !options.weights) throw new UsageError(`stage ${stage} needs --weights FOLDER`);
      if (stage === 'frames' && !options.clip) throw new UsageError('stage frames needs --clip FILE');
      if (stage !== 'frames' && !options.in) throw new UsageError(`stage ${stage} needs --in FILE`);
      if (options.weights && !statSync(options.weights, { throwIfNoEntry: false })?.isDirectory()) {
        throw new UsageError(`--weights ${options.weights}: no such folder`);
      }
      await interruptible(async (signal) => {
        const bar = progress(stage);
        let times = '';
        try {
          const { out: output, fps: frameRule, in: input, ...rest } = options;
          const inputs = input === undefined ? new Map() : await readTensors(input);
          const outputs = await runStage({
            ...rest,
            ...{ stage, frameRule, inputs, signal },
            onTimes: (load, runs) => {
              if (runs.length > 1) times = `loaded in ${seconds(load)}; runs took ${runs.map(seconds).join(', ')}`;
            },
            onProgress: (what, done, total) => bar.update(what, done, total),
          });
          await writeTensors(output, outputs, signal);
          result(output);
        } finally {
          bar.stop();
        }
        if (times) say(times);
      });
    });
}

const seconds = (s: number): string => `${s.toFixed(3)} s`;

async function readTensors(path: string): Promise<Tensors> {
  const { openSafetensors, withFile } = await import('../weights/index.js');
  return withFile(path, async (source) => {
    const file = await openSafetensors(source);
    const tensors: Tensors = new Map();
    for (const [name, { shape, dtype }] of file.tensors) {
      const whole = dtype === 'I32' || dtype === 'U8' || dtype === 'I64' || dtype === 'BOOL';
      const data = whole ? Float32Array.from(await file.read(name), Number) : await file.readAsF32(name);
      tensors.set(name, { shape, data });
    }
    return tensors;
  });
}

async function writeTensors(path: string, tensors: Tensors, signal: AbortSignal): Promise<void> {
  const { writeSafetensors } = await import('../weights/index.js');
  await writeSafetensors(
    path,
    [...tensors].map(([name, { shape, data }]) => ({
      name,
      dtype: data instanceof Int32Array ? ('I32' as const) : ('F32' as const),
      shape,
      data: data as Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>,
    })),
    { signal },
  );
}
