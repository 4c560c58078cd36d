/** When the picture moves most, as AV-Align has it: slow to find, so it is kept on disk for each clip. */

import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { replaceFile } from '../../weights/index.js';
import type { DatasetClip } from './datasets/dataset.js';
import { greyFrame, motionPeaks } from './metrics/av-align.js';

/** Changes whenever the peaks would. */
const VERSION = 1;
/** Frames are scaled to at most so many pixels a side: flow takes seconds a frame of a large picture. */
const LARGEST = 320;

export interface Motion {
  /** Seconds. */
  times: readonly number[];
  frameRate: number;
}

/**
 * Peaks of optical flow, `motionPeaks`; undefined where the file does not tell its frame rate.
 *
 * @param folder where they are kept
 * @throws {MediaError} for what is wrong with the clip, or the signal's reason
 */
export async function motionOf(
  { clip }: DatasetClip,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Motion | undefined> {
  const { size, mtimeMs } = await stat(clip.path);
  const key = createHash('sha256')
    .update(JSON.stringify([VERSION, clip.path, size, mtimeMs]))
    .digest('hex');
  const path = join(folder, 'motion', `${key.slice(0, 24)}.json`);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Motion;
  } catch {
    // Not there, or damaged: it is made again.
  }
  const { frameRate, width, height } = clip.info.video;
  if (!(frameRate > 0)) return undefined;
  const scale = Math.min(1, LARGEST / Math.max(width, height));
  const scaled = { width: Math.round(width * scale), height: Math.round(height * scale) };
  const frames: Uint8Array[] = [];
  for await (const { images } of clip.frames({ rgb: { pixels: 'rgb24', size: scaled } }, { signal })) {
    frames.push(greyFrame(images.rgb));
  }
  const motion: Motion = { times: motionPeaks({ ...scaled, frames, frameRate }), frameRate };
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, [new TextEncoder().encode(JSON.stringify(motion))]);
  return motion;
}
