/**
 * A folder of real clips: their list, `manifest.tsv`, checked line by line, and their pictures and sound on request.
 *
 * Columns, separated by tabs, named in the first line: file (within the folder), split (train or val), hit (1 where
 * what sounds is seen, else 0), seconds, onsets (seconds of each, separated by spaces; may be empty), label, scene (no
 * scene should be in both splits), source (where the clip comes from).
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { LabelledClip } from './labelled-clip.js';

const seconds = z.coerce.number('not a number').finite().positive('not above 0');

const lineSchema = z.object({
  file: z.string().refine((name) => name !== '' && basename(name) === name, 'not the plain name of a file'),
  split: z.enum(['train', 'val'], 'neither train nor val'),
  hit: z.enum(['0', '1'], 'neither 0 nor 1').transform((hit) => hit === '1'),
  seconds,
  onsets: z.string().transform((text, check) => {
    const onsets = text.split(' ').filter(Boolean).map(Number);
    if (!onsets.every((onset) => Number.isFinite(onset) && onset >= 0)) {
      check.addIssue({ code: 'custom', message: 'not a list of seconds separated by spaces' });
    }
    return onsets.sort((a, b) => a - b);
  }),
  label: z.string(),
  scene: z.string().min(1, 'empty'),
  source: z.string(),
});

export interface FootageEntry {
  /** Full path of the clip. */
  path: string;
  file: string;
  split: 'train' | 'val';
  /** Whether what sounds is seen. */
  hit: boolean;
  seconds: number;
  /** Seconds, rising. */
  onsets: number[];
  label: string;
  scene: string;
  source: string;
}

export class FootageError extends Error {
  override name = 'FootageError';
}

/** @throws FootageError that names the file, the line, the column, what stands there and what should */
export function readManifest(folder: string): FootageEntry[] {
  const path = join(folder, 'manifest.tsv');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new FootageError(`${path}: cannot be read (${code}); a folder of footage needs a manifest.tsv`, {
      cause: error,
    });
  }
  const [header, ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const columns = header.split('\t');
  const missing = Object.keys(lineSchema.shape).filter((column) => !columns.includes(column));
  if (missing.length > 0) {
    throw new FootageError(`${path}: line 1 names no column ${missing.join(', ')}; it reads "${header.slice(0, 120)}"`);
  }
  const entries: FootageEntry[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (lines[i].trim() !== '') entries.push(readLine(lines[i], columns, folder, `${path}: line ${i + 2}`));
  }
  if (entries.length === 0) throw new FootageError(`${path}: lists no clips`);
  return entries;
}

function readLine(line: string, columns: string[], folder: string, place: string): FootageEntry {
  const cells = line.split('\t');
  if (cells.length !== columns.length) {
    throw new FootageError(`${place} has ${cells.length} columns; expected ${columns.length}, separated by tabs`);
  }
  const row = Object.fromEntries(columns.map((column, i) => [column, cells[i]]));
  const parsed = lineSchema.safeParse(row);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    const column = String(path[0]);
    throw new FootageError(`${place}, column ${column}: "${row[column].slice(0, 60)}" is ${message}`);
  }
  return { path: join(folder, parsed.data.file), ...parsed.data };
}

/** Reads a clip's pictures at `width` × `height` in their order; times are seconds from the clip's start. */
export type DecodeFrames = (
  path: string,
  options: { width: number; height: number; format: 'gray8' | 'rgb24' },
) => Promise<AsyncIterable<{ pixels: Uint8Array; time: number }>>;

/** Reads a clip's sound as mono at 16 kHz. */
export type DecodeSound = (path: string) => Promise<Float32Array>;

/**
 * A footage clip in the shape of the world's: pictures squeezed to size × size, each onset an event of velocity 1.
 *
 * @throws FootageError where the clip has no pictures; whatever the decoders throw
 */
export async function readFootage(
  entry: FootageEntry,
  decode: { frames: DecodeFrames; sound: DecodeSound },
  { size = 64, grey = true }: { size?: number; grey?: boolean } = {},
): Promise<LabelledClip> {
  const channels = grey ? 1 : 3;
  const pictures: Uint8Array[] = [];
  const times: number[] = [];
  const format = grey ? 'gray8' : 'rgb24';
  for await (const { pixels, time } of await decode.frames(entry.path, { width: size, height: size, format })) {
    // A decoder may use its buffer again.
    pictures.push(pixels.slice());
    times.push(time);
  }
  if (pictures.length === 0) throw new FootageError(`${entry.path}: no pictures in it; remove it from manifest.tsv`);
  const frames = new Uint8Array(pictures.length * size * size * channels);
  for (let i = 0; i < pictures.length; i++) frames.set(pictures[i], i * size * size * channels);
  return {
    seconds: entry.seconds,
    size,
    channels,
    frames,
    frameCount: pictures.length,
    times: Float64Array.from(times),
    sound: await decode.sound(entry.path),
    events: entry.onsets.map((time) => ({ time, velocity: 1 })),
  };
}
