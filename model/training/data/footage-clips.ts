/** The real clips that training draws from: decoded once, their flow and sound kept on disk. */

import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Engine } from '../../../engine/engine.js';
import { userCache } from '../../../engine/platform/user-cache.js';
import { digestFile } from '../../../weights/index.js';
import { decodeAudio, FfmpegMissingError, MediaError, openClip } from '../../media/index.js';
import { extractFeatures, FlowExtractor, SAMPLE_RATE } from '../../onset/index.js';
import { type CachedClip, cachePath, readCachedClip, writeCachedClip } from './clip-cache.js';
import { type FootageEntry, FootageError, manifestPath, readManifest } from './footage-manifest.js';
import { type DataOptions, runningSquares, type TrainingClip, toInt16 } from './training-clip.js';

/** A clip of footage; its sound class is not known. */
export interface FootageClip extends TrainingClip {
  /** Whether the source of the sound is visible. */
  sourceVisible: boolean;
}

/** What a training with footage depends on; stages are kept by it, and the weights name it. */
export interface FootageProvenance {
  manifestSha256: string;
  /** Over the sha256 of every training clip's file, in the manifest's order. */
  clipsSha256: string;
  clips: number;
}

/** What is kept of a clip beside flow and sound. */
interface FootageFacts {
  /** Of the clip's file. */
  sha256: string;
}

export interface FootageOptions extends DataOptions {
  /** Width and height at which flow is measured, in pixels. */
  size: number;
}

/**
 * The clips of the `train` split of a footage folder, as `run` would see them, in the manifest's order. Each is decoded
 * once, and its flow and sound are kept in a cache file of its own: an interrupted reading goes on where it stopped, and a
 * new clip costs only itself. Clips end where video or sound ends first.
 *
 * @throws {FootageError} when folder, manifest or a clip is missing, no clip is for training, or one cannot be read
 * @throws {FfmpegMissingError} without ffmpeg, or the signal's reason
 */
export async function footageClips(
  engine: Engine,
  folder: string,
  { size, cacheFolder = userCache('footage'), onProgress, signal }: FootageOptions,
): Promise<{ clips: FootageClip[]; provenance: FootageProvenance }> {
  const entries = readManifest(folder).filter((entry) => entry.split === 'train');
  if (entries.length === 0) throw new FootageError(`${manifestPath(folder)}: none of its clips has the split train`);
  const { sha256: manifestSha256 } = await digestFile(manifestPath(folder));
  const caches = await Promise.all(entries.map((entry) => pathOf(entry, size, cacheFolder)));
  const extractor = new FlowExtractor(engine, size, size);
  const clips: FootageClip[] = [];
  const digest = createHash('sha256');
  try {
    for (const [i, entry] of entries.entries()) {
      signal?.throwIfAborted();
      let cached = await readCachedClip<FootageFacts>(caches[i]!);
      if (!cached) {
        cached = await decodeClip(engine, entry, { size, extractor, signal });
        await writeCachedClip(caches[i]!, cached);
      }
      const { facts, flow, sound } = cached;
      digest.update(`${facts.sha256}\n`);
      clips.push({
        seconds: sound.length / SAMPLE_RATE,
        sound,
        squares: runningSquares(sound),
        flow,
        events: entry.onsets,
        classIndex: null,
        sourceVisible: entry.hit,
      });
      onProgress?.(i + 1, entries.length, 'footage clips');
    }
  } finally {
    extractor.dispose();
  }
  return { clips, provenance: { manifestSha256, clipsSha256: digest.digest('hex'), clips: clips.length } };
}

/** The cache file of a clip; a clip that was touched is another one. */
async function pathOf(entry: FootageEntry, size: number, folder: string): Promise<string> {
  const file = await stat(entry.path).catch((cause: NodeJS.ErrnoException) => {
    throw new FootageError(
      `${entry.path}: is not there (${cause.code}), though manifest.tsv lists it; add it, or remove its line`,
      { cause },
    );
  });
  return cachePath(folder, size, entry.path, file.size, file.mtimeMs);
}

async function decodeClip(
  engine: Engine,
  entry: FootageEntry,
  { size, extractor, signal }: { size: number; extractor: FlowExtractor; signal?: AbortSignal },
): Promise<CachedClip<FootageFacts>> {
  try {
    const clip = await openClip(entry.path, { signal });
    const { seconds, flow } = (await extractFeatures(engine, clip, { size, extractor, signal })).features;
    const decoded = await decodeAudio(entry.path, { sampleRate: SAMPLE_RATE, signal });
    const sound = toInt16(decoded.subarray(0, Math.floor(seconds * SAMPLE_RATE)));
    const { sha256 } = await digestFile(entry.path);
    return { facts: { sha256 }, flow, sound };
  } catch (cause) {
    if (!(cause instanceof MediaError) || cause instanceof FfmpegMissingError) throw cause;
    throw new FootageError(`footage ${cause.message}; fix the clip, or remove its line from manifest.tsv`, { cause });
  }
}
