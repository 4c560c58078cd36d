/** What a run will do, settled before any work: which clips, into which files, and whether those can be written. */

import { mkdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { checkReplaceable } from '../engine/platform/replace-file.js';
import { systemFaultOf } from '../engine/platform/system-error.js';
import {
  type Clip,
  checkOutput,
  endingFor,
  MediaError,
  openClip,
  outputKind,
  sampleClip,
} from '../model/media/index.js';
import { UsageError } from './options.js';
import { say } from './terminal.js';

export interface JobOptions {
  output?: string;
  variations: number;
  start?: number;
  duration?: number;
  exact?: boolean;
}

export interface Job {
  clip: Clip;
  /** What people know the clip by. */
  title: string;
  /** One output a variation. */
  outputs: string[];
  /** The picture is encoded anew. */
  exact: boolean;
}

/** A clip of several that cannot be worked on. */
export interface FailedClip {
  clip: string;
  error: { name: string; message: string };
}

/**
 * Opens every clip, names every output, and refuses what cannot be used. Of several clips one that is no video does not
 * keep the others from being worked on.
 *
 * @throws {UsageError} for outputs that do not fit together or would replace a clip; nothing is touched then.
 * @throws {MediaError} for what is wrong with the only clip or its output.
 */
export async function planJobs(
  clips: readonly string[],
  options: JobOptions,
  signal?: AbortSignal,
): Promise<{ jobs: Job[]; failed: FailedClip[] }> {
  const inputs = clips.length > 0 ? clips : [sampleClip().path];
  const folder = outputFolder(inputs.length, options.output);
  const jobs: Job[] = [];
  const failed: FailedClip[] = [];
  for (const input of inputs) {
    try {
      const { start, duration } = options;
      const clip = await openClip(input, { start, duration, signal });
      const title = clips.length > 0 ? basename(input) : 'the sample clip';
      jobs.push({ clip, title, ...outputsOf(clip, folder ?? (clips.length > 0 ? dirname(input) : '.'), options) });
    } catch (error) {
      if (inputs.length === 1 || !(error instanceof MediaError)) throw error;
      failed.push({ clip: input, error: { name: error.name, message: error.message } });
    }
  }
  refuseSharedFiles(inputs, jobs);
  for (const job of jobs) await requireWritable(job, signal);
  return { jobs, failed };
}

/** The folder that outputs go to where `-o` names one, made where its name ends with a slash. */
function outputFolder(inputs: number, output: string | undefined): string | undefined {
  if (output === undefined) return undefined;
  if (/[/\\]$/.test(output)) {
    try {
      mkdirSync(output, { recursive: true });
    } catch (error) {
      throw new UsageError(`-o ${output}: the folder cannot be made: ${systemFaultOf(error)?.reason ?? error}`);
    }
    return output;
  }
  if (isFolder(output)) return output;
  if (inputs > 1) {
    throw new UsageError(`-o ${output}: for several clips a folder is expected; end its name with /`);
  }
  return undefined;
}

/** `clip.mp4` → `clip.onset.mp4`, in a container that takes the picture; where none does the picture is encoded anew. */
function outputsOf(
  clip: Clip,
  folder: string,
  { output, variations, exact = false }: JobOptions,
): Omit<Job, 'clip' | 'title'> {
  const named = output !== undefined && !/[/\\]$/.test(output) && !isFolder(output);
  const ending = endingFor(clip.info);
  const path = named ? output : join(folder, `${basename(clip.path, extname(clip.path))}.onset${ending ?? '.mp4'}`);
  try {
    outputKind(path);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (!named && ending === undefined && !exact) {
    say(`${clip.path}: a ${clip.info.video.codec} picture cannot stand beside sound; it is encoded anew (H.264)`);
  }
  const outputs = Array.from({ length: variations }, (_, i) => (variations > 1 ? numbered(path, i + 1) : path));
  return { outputs, exact: exact || (!named && ending === undefined) };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    // A name that the system does not take is refused where the output is checked.
    return false;
  }
}

function numbered(path: string, number: number): string {
  const ending = extname(path);
  return `${path.slice(0, path.length - ending.length)}.${number}${ending}`;
}

/** Refuses outputs that are one of the clips, or one another, by whatever name. */
function refuseSharedFiles(inputs: readonly string[], jobs: readonly Job[]): void {
  const clips = new Map(inputs.map((path) => [identityOf(path), path]));
  const taken = new Map<string, string>();
  for (const output of jobs.flatMap((job) => job.outputs)) {
    const identity = identityOf(output);
    const clip = clips.get(identity);
    if (clip !== undefined) {
      throw new UsageError(`${output}: is the clip ${clip}, which would be replaced; choose another output with -o`);
    }
    if (taken.has(identity)) {
      throw new UsageError(`${output}: two clips would be written to it; give one clip at a time`);
    }
    taken.set(identity, output);
  }
}

/** What tells a file from all others: device and inode where it exists, else its folder's and its name. */
function identityOf(path: string): string {
  try {
    const found = statSync(path, { throwIfNoEntry: false, bigint: true });
    if (found) return `${found.dev}:${found.ino}`;
    return join(realpathSync(dirname(resolve(path))), basename(path));
  } catch {
    return resolve(path);
  }
}

/** Checks that an output's folder takes files and its container the picture; says what the container does not hold. */
async function requireWritable({ clip, outputs, exact }: Job, signal?: AbortSignal): Promise<void> {
  for (const output of outputs) {
    try {
      await checkReplaceable(output);
      if (statSync(output, { throwIfNoEntry: false })?.isDirectory()) {
        throw new UsageError(`${output}: a folder has this name; choose another output with -o`);
      }
    } catch (error) {
      const fault = systemFaultOf(error);
      if (!fault) throw error;
      throw new UsageError(`${output}: cannot be written: ${fault.reason}; ${fault.remedy}`);
    }
  }
  const lost = await checkOutput(clip, outputs[0]!, { exact, signal });
  if (lost.length > 0) say(`${outputs[0]}: cannot hold of ${basename(clip.path)}: ${lost.join(', ')}`);
}
