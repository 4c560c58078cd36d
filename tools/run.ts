/** `node engine run [CLIP…]`: video in, the same video with sound out. */

import { statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Clip, openClip, outputKind, sampleClip, writeSound } from '../model/media/index.js';
import { FAMILY_NAMES, findModel } from '../model/models.js';
import { SAMPLER_NAMES } from '../model/samplers/names.js';
import type { CallOptions, GeneratedSound, GenerateOptions } from '../model/video-to-audio.js';
import { appearanceIfAvailable } from './appearance.js';
import { interruptible } from './interrupt.js';
import { number, UsageError, whole } from './options.js';
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
    .option('--ffmpeg <path>', 'the ffmpeg to use', existing)
    .option('--offline', 'fetch nothing')
    .option('--json', 'print one JSON object')
    .action(async (clips: string[], options: RunOptions) => {
      if (options.ffmpeg) process.env.FFMPEG = resolve(options.ffmpeg);
      const results = await interruptible(async (signal) => {
        // The outputs and the clips are checked before the model is loaded, which takes longer.
        const jobs = await planOutputs(clips, options, signal);
        const { family } = await findModel(options.model);
        const { soundForClip } = await import('../model/sound-for-clip.js');
        const appearance =
          family.appearance && options.sound === undefined
            ? await appearanceIfAvailable({ ...options, signal })
            : undefined;
        return runJobs(jobs, { ...options, appearance }, soundForClip, signal);
      });
      if (options.json) result(JSON.stringify({ outputs: results }));
      else for (const each of results) result(each.output);
    });
}

/** A folder of weights, or the name of a family of models. */
function modelNameOrFolder(model: string): string {
  if (isFolder(model)) return resolve(model);
  if (FAMILY_NAMES.includes(model)) return model;
  throw new InvalidArgumentError(`no such folder of weights; by name there is ${FAMILY_NAMES.join(', ')}.`);
}

function existing(path: string): string {
  if (!isFile(path)) throw new InvalidArgumentError('no such file.');
  return path;
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

export interface Job {
  clip: Clip;
  /** One output a variation. */
  outputs: string[];
}

/** Names every output, opens every clip, and refuses those that cannot be used before any work begins. */
export async function planOutputs(clips: readonly string[], options: RunOptions, signal?: AbortSignal): Promise<Job[]> {
  const { output } = options;
  const inputs = clips.length > 0 ? clips : [sampleClip().path];
  const intoFolder = output !== undefined && (/[/\\]$/.test(output) || isFolder(output));
  if (inputs.length > 1 && output !== undefined && !intoFolder) {
    throw new UsageError(`-o ${output}: for several clips a folder is expected; make it first or end its name with /`);
  }
  const named = inputs.map((clip) => {
    // The sample lies in the package; its output belongs where the user is.
    const folder = intoFolder ? output! : clips.length > 0 ? dirname(clip) : '.';
    const path = output !== undefined && !intoFolder ? output : join(folder, defaultName(clip));
    const outputs = Array.from({ length: options.variations }, (_, i) =>
      options.variations > 1 ? numbered(path, i + 1) : path,
    );
    return { clip, outputs };
  });
  const taken = new Set<string>();
  const { start, duration } = options;
  const jobs: Job[] = [];
  for (const { clip, outputs } of named) {
    for (const path of outputs) {
      checkEnding(path);
      if (taken.has(resolve(path)))
        throw new UsageError(`${path}: two clips would be written to it; give one clip at a time`);
      taken.add(resolve(path));
    }
    jobs.push({ clip: await openClip(clip, { start, duration, signal }), outputs });
  }
  return jobs;
}

function checkEnding(path: string): void {
  try {
    outputKind(path);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** `clip.mp4` → `clip.onset.mp4`; containers that MP4 cannot stand for stay Matroska or QuickTime. */
function defaultName(clip: string): string {
  const ending = extname(clip).toLowerCase();
  const kept: Record<string, string> = { '.mkv': '.mkv', '.webm': '.mkv', '.mov': '.mov' };
  return `${basename(clip, extname(clip))}.onset${kept[ending] ?? '.mp4'}`;
}

function numbered(path: string, number: number): string {
  const ending = extname(path);
  return `${path.slice(0, path.length - ending.length)}.${number}${ending}`;
}

/** Makes and writes every output. */
export async function runJobs(
  jobs: readonly Job[],
  options: RunOptions & { appearance?: string },
  makeSound: MakeSound,
  signal: AbortSignal,
): Promise<RunResult[]> {
  const results: RunResult[] = [];
  for (const { clip, outputs } of jobs) {
    for (const [variation, output] of outputs.entries()) {
      const began = performance.now();
      const seed = (options.seed + variation) % 2 ** 32;
      const bar = progress(basename(output));
      try {
        const { samples, sampleRate, seconds, sound, seen } = await makeSound(clip, {
          ...{ seed, steps: options.steps, guidance: options.guidance, sampler: options.sampler },
          ...{ model: options.model, appearance: options.appearance, sound: options.sound, signal },
          onProgress: (stage, done, total) => bar.update(stage, done, total),
        });
        await writeSound({ clip, samples, sampleRate, output, signal });
        const took = Math.round(performance.now() - began) / 1000;
        results.push({ clip: clip.path, output, seed, seconds, sound, ...(seen && { seen }), took });
        bar.stop();
        if (seen) say(`sound: ${seen.name}, ${seen.probability.toFixed(2)} from the picture; --sound changes it`);
        say(
          `${output}: ${seconds.toFixed(2)} s of sound${sound ? ` (${sound})` : ''}, seed ${seed}, in ${took.toFixed(1)} s`,
        );
      } finally {
        bar.stop();
      }
    }
  }
  return results;
}
