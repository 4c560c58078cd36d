/** The real clips that training draws from: decoded once, their flow and sound kept on disk. */

import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import envPaths from 'env-paths';
import type { Engine } from '../../../engine/engine.js';
import { digestFile } from '../../../weights/index.js';
import { SAMPLE_RATE } from '../../foley/labelled-clip.js';
import { decodeAudio, FfmpegMissingError, MediaError, openClip } from '../../media/index.js';
import { extractFeatures } from '../../onset/extract-features.js';
import { FlowExtractor } from '../../onset/flow-extractor.js';
import { ClipStore, ClipStoreWriter, type StoredRecord } from './clip-store.js';
import { toInt16 } from './dataset.js';
import { type FootageEntry, FootageError, manifestPath, readManifest } from './footage.js';
import { type DataProgress, runningSquares, type TrainingClip } from './training-data.js';

/** Changes when what is kept of a clip does, apart from its flow, which has a version of its own. */
const VERSION = 1;

/** What a training with footage depends on; stages are kept by it, and the weights name it. */
export interface FootageProvenance {
  manifestSha256: string;
  /** Over the sha256 of every training clip's file, in the manifest's order. */
  clipsSha256: string;
  clips: number;
}

interface ClipFacts {
  /** Of the clip's file. */
  sha256: string;
}

export interface FootageOptions extends DataProgress {
  /** Pixels a side at which flow is measured. */
  size: number;
  /** Where cache files lie; default: this user's cache folder. */
  cacheFolder?: string;
}

/**
 * The clips of the `train` split of a footage folder, as `run` would see them, in the manifest's order. Each is streamed
 * through the flow kernels once, and its flow and sound are kept in a cache file of its own: an interrupted reading goes on
 * where it stopped, and a new clip costs only itself. Clips end where picture or sound ends first.
 *
 * @throws FootageError where folder, manifest or a clip is missing, no clip is for training, or one cannot be read;
 * FfmpegMissingError; the signal's reason
 */
export async function footageClips(
  engine: Engine,
  folder: string,
  { size, cacheFolder, onProgress, signal }: FootageOptions,
): Promise<{ clips: TrainingClip[]; provenance: FootageProvenance }> {
  const entries = readManifest(folder).filter((entry) => entry.split === 'train');
  if (entries.length === 0) throw new FootageError(`${manifestPath(folder)}: none of its clips has the split train`);
  const { sha256: manifestSha256 } = await digestFile(manifestPath(folder));
  const caches = await Promise.all(
    entries.map(async (entry) =>
      cachePath(entry, size, cacheFolder ?? join(envPaths('onset', { suffix: '' }).cache, 'footage')),
    ),
  );
  const extractor = new FlowExtractor(engine, size, size);
  const clips: TrainingClip[] = [];
  const digest = createHash('sha256');
  try {
    for (const [i, entry] of entries.entries()) {
      signal?.throwIfAborted();
      const { facts, arrays } =
        cached(caches[i]!) ?? (await readClip(engine, entry, caches[i]!, { size, extractor, signal }));
      digest.update(`${facts.sha256}\n`);
      const sound = arrays.sound as Int16Array;
      clips.push({
        seconds: sound.length / SAMPLE_RATE,
        sound,
        squares: runningSquares(sound),
        flow: { grid: arrays.grid as Float32Array, midTimes: arrays.midTimes as Float64Array },
        events: entry.onsets,
        classIndex: null,
        causeSeen: entry.hit,
        source: -1,
        real: true,
      });
      onProgress?.(i + 1, entries.length, 'footage clips');
    }
  } finally {
    extractor.dispose();
  }
  return { clips, provenance: { manifestSha256, clipsSha256: digest.digest('hex'), clips: clips.length } };
}

/** Named by everything that flow and sound depend on; a file that was touched is another file. */
async function cachePath(entry: FootageEntry, size: number, folder: string): Promise<string> {
  const file = await stat(entry.path).catch((cause: NodeJS.ErrnoException) => {
    throw new FootageError(
      `${entry.path}: is not there (${cause.code}), though manifest.tsv lists it; add it, or remove its line`,
      { cause },
    );
  });
  const contents = [VERSION, FlowExtractor.version, size, entry.path, file.size, file.mtimeMs];
  const hash = createHash('sha256').update(JSON.stringify(contents)).digest('hex').slice(0, 24);
  return join(folder, `${hash}.clips`);
}

function cached(path: string): StoredRecord<ClipFacts> | undefined {
  const store = ClipStore.openWhole<ClipFacts>(path);
  try {
    return store?.read(0);
  } finally {
    store?.dispose();
  }
}

/** Decodes a clip and keeps what came of it under `path`. */
async function readClip(
  engine: Engine,
  entry: FootageEntry,
  path: string,
  { size, extractor, signal }: { size: number; extractor: FlowExtractor; signal?: AbortSignal },
): Promise<StoredRecord<ClipFacts>> {
  try {
    const clip = await openClip(entry.path, { signal });
    const { seconds, flow } = (await extractFeatures(engine, clip, { size, extractor, signal })).features;
    const heard = await decodeAudio(entry.path, { sampleRate: SAMPLE_RATE, signal });
    const sound = toInt16(heard.subarray(0, Math.floor(seconds * SAMPLE_RATE)));
    const { sha256 } = await digestFile(entry.path);
    const record = { facts: { sha256 }, arrays: { grid: flow.grid, midTimes: flow.midTimes, sound } };
    const writer = new ClipStoreWriter<ClipFacts>(path);
    try {
      writer.append(record);
      writer.finish();
    } finally {
      writer.abandon();
    }
    return record;
  } catch (cause) {
    if (!(cause instanceof MediaError) || cause instanceof FfmpegMissingError) throw cause;
    throw new FootageError(`footage ${cause.message}; mend the clip, or remove its line from manifest.tsv`, { cause });
  }
}
