/** `node engine run [CLIP…]`: video in, the same video with sound out. */

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { OnsetError } from '../kernels/errors.js';
import { NO_SOUND } from '../model/appearance/sound-classes.js';
import { type Clip, MediaError, toLoudness, writeSound } from '../model/media/index.js';
import { FAMILY_NAMES, findModel } from '../model/models.js';
import { SAMPLER_NAMES } from '../model/samplers/names.js';
import type { CallOptions, GeneratedSound, GenerateOptions } from '../model/video-to-audio.js';
import { appearanceIfAvailable } from './appearance.js';
import { interruptible } from './interrupt.js';
import { number, whole } from './options.js';
import { type FailedClip, type Job, planJobs } from './run-jobs.js';
import { progress, result, say } from './terminal.js';

export interface RunOptions {
  output?: string;
  seed: number;
  steps?: number;
  guidance?: number;
  sampler?: string;
  sound?: string;
  /** A family's name, or a folder of weights; absent: the shipped ones. */
  model?: string;
  variations: number;
  start?: number;
  duration?: number;
  exact?: boolean;
  /** LUFS of the written sound; `off`: as the model made it. */
  loudness: number | 'off';
  json?: boolean;
  ffmpeg?: string;
  offline?: boolean;
}

/** What makes the sound for one clip (`soundForClip` of the model). */
export type MakeSound = (
  clip: Clip,
  options: GenerateOptions & CallOptions & { model?: string | undefined },
) => Promise<GeneratedSound>;

/** One file that a run wrote. */
export interface RunResult {
  clip: string;
  output: string;
  seed: number;
  /** Seconds of sound. */
  seconds: number;
  sound?: string;
  /** What sounds by the picture, and its probability. */
  seen?: { name: string; probability: number };
  /** Wall time, seconds. */
  took: number;
}

export function register(program: Command): void {
  program
    .command('run')
    .description('make sound for clips; without a clip, for the bundled sample')
    .argument('[clips...]', 'video files')
    .option('-o, --output <path>', 'output: .mp4, .mov, .mkv or .wav; a folder for several clips')
    .option('--model <model>', 'a folder of weights, ours or VTA-LDM’s, or a model’s name', modelNameOrFolder)
    .option('--sound <class>', 'kind of sound, instead of what the picture looks like')
    .option('--seed <n>', 'same seed, same sound', whole(0, 2 ** 32 - 1), 0)
    .option('--steps <n>', 'steps of the sampler', whole(1, 1000))
    .option('--guidance <g>', 'how strongly the picture leads the sound', number(0))
    .addOption(new Option('--sampler <name>', 'how VTA-LDM samples').choices(SAMPLER_NAMES))
    .option('--variations <k>', 'make k versions, with seeds counting up', whole(1, 1000), 1)
    .option('--start <seconds>', 'begin of the part to work on', number(0))
    .option('--duration <seconds>', 'length of the part to work on', number(0, true))
    .option('--exact', 'encode the picture anew, for parts and pictures that cannot be copied')
    .option('--loudness <lufs>', 'integrated loudness of the written sound, or off', loudness, -20)
    .option('--ffmpeg <path>', 'the ffmpeg to use', existing)
    .option('--offline', 'fetch nothing')
    .option('--json', 'print one JSON object')
    .action(async (clips: string[], options: RunOptions) => {
      if (options.ffmpeg) process.env.FFMPEG = resolve(options.ffmpeg);
      const results = await interruptible(async (signal) => {
        // The outputs and the clips are checked before the model is loaded, which takes longer.
        const { jobs, failed } = await planJobs(clips, options, signal);
        for (const { error } of failed) say(`error: ${error.message}`);
        const { family } = await findModel(options.model);
        const { soundForClip } = await import('../model/sound-for-clip.js');
        const appearance =
          family.appearance && options.sound === undefined && jobs.length > 0
            ? await appearanceIfAvailable({ ...options, signal })
            : undefined;
        return [...failed, ...(await runJobs(jobs, { ...options, appearance }, soundForClip, signal))];
      });
      const outputs = results.filter((each) => 'output' in each);
      const failed = results.filter((each) => 'error' in each);
      if (options.json) result(JSON.stringify({ outputs, ...(failed.length > 0 && { failed }) }));
      else for (const each of outputs) result(each.output);
      if (failed.length > 0) process.exitCode = 1;
    });
}

/** A folder of weights, or the name of a family of models. */
function modelNameOrFolder(model: string): string {
  if (isFolder(model)) return resolve(model);
  if (FAMILY_NAMES.includes(model)) return model;
  throw new InvalidArgumentError(`no such folder of weights; by name there is ${FAMILY_NAMES.join(', ')}.`);
}

/** LUFS, or `off`. */
function loudness(text: string): number | 'off' {
  const value = Number(text);
  if (text === 'off') return text;
  if (text.trim() === '' || !(value >= -70 && value <= -5)) {
    throw new InvalidArgumentError('a number from -70 to -5, in LUFS, or off is expected.');
  }
  return value;
}

function existing(path: string): string {
  if (!isFile(path)) throw new InvalidArgumentError('no such file.');
  return path;
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/**
 * Makes and writes every output. Once one is written, an error ends its own clip alone. Jobs are taken off the list, so that
 * what the model keeps of a clip can go with it.
 */
export async function runJobs(
  jobs: Job[],
  options: RunOptions & { appearance?: string | undefined },
  makeSound: MakeSound,
  signal: AbortSignal,
): Promise<(RunResult | FailedClip)[]> {
  const results: (RunResult | FailedClip)[] = [];
  const only = jobs.length === 1;
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    try {
      for (const variation of job.outputs.keys())
        results.push(await runJob(job, variation, options, makeSound, signal));
    } catch (error) {
      const ofTheClip = error instanceof MediaError || results.some((each) => 'output' in each);
      if (signal.aborted || only || !ofTheClip || !(error instanceof OnsetError)) throw error;
      say(`error: ${error.message}`);
      results.push({ clip: job.clip.path, error: { name: error.name, message: error.message } });
    }
  }
  return results;
}

async function runJob(
  { clip, title, outputs, exact }: Job,
  variation: number,
  options: RunOptions & { appearance?: string | undefined },
  makeSound: MakeSound,
  signal: AbortSignal,
): Promise<RunResult> {
  const output = outputs[variation]!;
  const began = performance.now();
  const seed = (options.seed + variation) % 2 ** 32;
  const bar = progress(outputs.length > 1 ? `${title} (${variation + 1} of ${outputs.length})` : title);
  try {
    const made = await makeSound(clip, {
      ...{ seed, steps: options.steps, guidance: options.guidance, sampler: options.sampler },
      ...{ model: options.model, appearance: options.appearance, sound: options.sound, signal },
      onProgress: (stage, done, total) => bar.update(stage, done, total),
    });
    const { sampleRate, seconds, sound, seen } = made;
    const { loudness } = options;
    const samples = loudness === 'off' ? made.samples : toLoudness(made.samples, sampleRate, loudness);
    await writeSound({ clip, samples, sampleRate, output, exact, signal });
    const took = Math.round(performance.now() - began) / 1000;
    bar.stop();
    if (variation === 0) for (const note of clip.notes) say(note);
    const what = sound === undefined ? '' : ` (${reasonFor(sound, seen)})`;
    say(`${output}: ${seconds.toFixed(2)} s of sound${what}, seed ${seed}, in ${took.toFixed(1)} s`);
    return {
      clip: clip.path,
      output,
      seed,
      seconds,
      ...(sound !== undefined && { sound }),
      ...(seen && { seen }),
      took,
    };
  } finally {
    bar.stop();
  }
}

/** The sound class, and why it is this one. */
export function reasonFor(sound: string, seen: RunResult['seen']): string {
  if (!seen) return sound;
  const change = '; --sound changes it';
  if (seen.name === NO_SOUND) return `${sound}, by its motion: nothing is seen that is known to sound${change}`;
  const share = seen.probability.toFixed(2);
  if (seen.name === sound) return `${sound}, which is seen, ${share}${change}`;
  return `${sound}, the nearest to what is seen: ${seen.name}, ${share}${change}`;
}
