/** `node engine stage NAME`: one stage of a model, tensors in and out, for checks against another implementation. */

import { statSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { AnyStage, AnyStageRequest } from '../model/models.js';
import type { NamedTensors, StageNeed } from '../model/networks/index.js';
import { SAMPLER_NAMES, type SamplerName } from '../model/samplers/names.js';
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
  sampler: SamplerName;
  fps: AnyStageRequest['frameRule'];
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
    .addOption(new Option('--sampler <name>', 'sampler').choices(SAMPLER_NAMES).default('ddpm'))
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
      const stage = await findStage(name);
      checkNeeds(stage, options);
      await interruptible((signal) => runStage(stage, options, signal));
    });
}

async function findStage(name: string): Promise<AnyStage> {
  const { allStages } = await import('../model/models.js');
  const stages = await allStages();
  const stage = stages.find((each) => each.name === name);
  if (stage) return stage;
  throw new UsageError(`no stage '${name}'; there are ${stages.map((each) => each.name).join(', ')}`);
}

/** The option for each thing that a stage may need. */
const OPTION_FOR: Readonly<Record<StageNeed, { key: 'weights' | 'clip' | 'in'; usage: string }>> = {
  weights: { key: 'weights', usage: '--weights FOLDER' },
  clip: { key: 'clip', usage: '--clip FILE' },
  inputs: { key: 'in', usage: '--in FILE' },
};

function checkNeeds({ name, needs }: AnyStage, options: StageOptions): void {
  for (const need of needs) {
    const { key, usage } = OPTION_FOR[need];
    if (!options[key]) throw new UsageError(`stage ${name} needs ${usage}`);
  }
  if (options.weights && !statSync(options.weights, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`--weights ${options.weights}: no such folder`);
  }
}

async function runStage(
  stage: AnyStage,
  { out, fps: frameRule, in: input, ...rest }: StageOptions,
  signal: AbortSignal,
): Promise<void> {
  const bar = progress(stage.name);
  let times = '';
  try {
    const inputs = input === undefined ? new Map() : await readTensors(input);
    const outputs = await stage.run({
      ...rest,
      ...{ frameRule, inputs, signal },
      onTimes: (load, runs) => {
        if (runs.length > 1) times = `loaded in ${seconds(load)}; runs took ${runs.map(seconds).join(', ')}`;
      },
      onProgress: (what, done, total) => bar.update(what, done, total),
    });
    await writeTensors(out, outputs, signal);
    result(out);
  } finally {
    bar.stop();
  }
  if (times) say(times);
}

const seconds = (s: number): string => `${s.toFixed(3)} s`;

async function readTensors(path: string): Promise<NamedTensors> {
  const { openSafetensors, withFile } = await import('../weights/index.js');
  return withFile(path, async (source) => {
    const file = await openSafetensors(source);
    const tensors: NamedTensors = new Map();
    for (const [name, { shape, dtype }] of file.tensors) {
      const whole = dtype === 'I32' || dtype === 'U8' || dtype === 'I64' || dtype === 'BOOL';
      const data = whole ? Float32Array.from(await file.read(name), Number) : await file.readAsF32(name);
      tensors.set(name, { shape, data });
    }
    return tensors;
  });
}

async function writeTensors(path: string, tensors: NamedTensors, signal: AbortSignal): Promise<void> {
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
