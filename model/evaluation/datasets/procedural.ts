/** Clips of the foley world that no training sees, rendered once into a folder that is a dataset like any other. */

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { userCache } from '../../../engine/platform/user-cache.js';
import { replaceFile } from '../../../weights/index.js';
import { clipsInOrder, MATERIALS, WORLD_VERSION, worldSeed } from '../../foley/index.js';
import { writeLosslessVideo, writeWav } from '../../media/index.js';
import { EvaluationError } from '../errors.js';
import { type Dataset, SOUND_RATE } from './dataset.js';
import { type DatasetManifest, MANIFEST, readDataset } from './manifest.js';

/** Which pairs of material and source each split draws from; all of them from seeds that no training sees. */
const SPLITS = {
  /** The pairs that are trained on. */
  'held-out': 'training',
  /** The pairs that are not. */
  compositional: 'held-out',
} as const;

type ProceduralSplit = keyof typeof SPLITS;

const isSplit = (name: string): name is ProceduralSplit => Object.hasOwn(SPLITS, name);

/** Width and height of a frame, in pixels: those of the clips that the default model is trained on. */
const SIZE = 64;
const SECONDS = 4;

type ClipFacts = DatasetManifest['clips'][number];

export interface ProceduralOptions {
  /** `held-out` (default) or `compositional`. */
  split?: string | undefined;
  /** How many clips. */
  clips: number;
  /** Where the splits' folders are; default: the user's cache. */
  folder?: string | undefined;
  onProgress?: ((stage: string, done: number, total: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * The first `clips` clips of a split: lossless video, 16-bit sound, and the world's own events. What is not there yet is
 * rendered; an interrupted rendering goes on where it stopped.
 *
 * @throws {EvaluationError} for a split that there is not, {MediaError} when ffmpeg cannot write a clip, or the signal's
 * reason
 */
export async function proceduralDataset(options: ProceduralOptions): Promise<Dataset> {
  const { split = 'held-out', clips, folder = userCache('evaluation') } = options;
  if (!isSplit(split)) {
    throw new EvaluationError(`procedural clips have no split ${split}; there are ${Object.keys(SPLITS).join(', ')}`);
  }
  const home = join(folder, `procedural-${split}-${WORLD_VERSION}`);
  await mkdir(home, { recursive: true });
  const rendered = await renderMissing(home, split, options);
  if (rendered > 0 || !existsSync(join(home, MANIFEST))) await writeManifest(home, split);
  return readDataset(home, { clips });
}

/** Name of the index-th clip, without an ending. */
const nameOf = (split: ProceduralSplit, index: number): string => `${split}-${String(index).padStart(4, '0')}`;

/** Renders the clips that are not there, and returns how many these were. */
async function renderMissing(
  home: string,
  split: ProceduralSplit,
  { clips, onProgress, signal }: ProceduralOptions,
): Promise<number> {
  const names = new Map<number, string>();
  for (let i = 0; i < clips; i++) {
    const name = nameOf(split, i);
    // The facts are written last: a clip that has them is whole.
    if (!existsSync(join(home, `${name}.json`))) names.set(worldSeed('validation', i), name);
  }
  const options = { seconds: SECONDS, size: SIZE, gray: false, pairs: SPLITS[split] };
  let done = 0;
  for await (const clip of clipsInOrder(names.keys(), options, Math.min(availableParallelism(), names.size))) {
    signal?.throwIfAborted();
    const name = names.get(clip.seed)!;
    const { size, frames, frameRate, sound, events } = clip;
    await writeLosslessVideo(join(home, `${name}.mp4`), { width: size, height: size, frames, frameRate }, { signal });
    await writeWav(join(home, `${name}.wav`), [sound], SOUND_RATE);
    const facts: ClipFacts = {
      clip: `${name}.mp4`,
      sound: `${name}.wav`,
      class: MATERIALS[clip.material]!.name,
      events: events.map(({ time, velocity }) => ({ time, strength: velocity })),
    };
    await writeJson(join(home, `${name}.json`), facts);
    onProgress?.('rendering clips', ++done, names.size);
  }
  return names.size;
}

/** Lists every clip of the folder. */
async function writeManifest(home: string, split: ProceduralSplit): Promise<void> {
  const names = (await readdir(home)).filter((name) => name.startsWith(split) && name.endsWith('.json')).sort();
  const clips = await Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(home, name), 'utf8')) as ClipFacts),
  );
  const manifest: DatasetManifest = {
    name: `procedural, ${split}`,
    description: `Clips of the procedural foley world, version ${WORLD_VERSION}, from seeds that no training sees.`,
    licence: 'Apache-2.0',
    clips,
  };
  await writeJson(join(home, MANIFEST), manifest);
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await replaceFile(path, [new TextEncoder().encode(`${JSON.stringify(value)}\n`)]);
}
