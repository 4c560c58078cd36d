/** Copies of pictures and sounds that every browser plays: H.264 in MP4, and FLAC, which loses nothing and shifts nothing. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MediaError, UndecodableMediaError } from './errors.js';
import { fileUrl, INPUT_PROTOCOLS, type MediaOptions, reasonOf, runTool } from './ffmpeg.js';
import { checkInputFile } from './files.js';

export interface PicturePreviewOptions extends MediaOptions {
  /** Pixels of the longer side at most; small pictures stay as they are. Default 480. */
  longestSide?: number | undefined;
  /** Seconds from the first frame to keep; by default all. */
  duration?: number | undefined;
}

/**
 * The picture alone, as an MP4 file that begins with the first frame at 0. The times of the frames are kept.
 * @throws {MediaError} when there is no such file, or its picture does not decode
 */
export async function picturePreview(path: string, options: PicturePreviewOptions = {}): Promise<Buffer> {
  const { longestSide = 480, duration, signal } = options;
  await checkInputFile(path);
  const fit = `w='min(${longestSide},iw)':h='min(${longestSide},ih)'`;
  const filter = [
    'setpts=PTS-STARTPTS',
    "scale=w='iw*sar':h=ih",
    'setsar=1',
    `scale=${fit}:force_original_aspect_ratio=decrease:force_divisible_by=2`,
    'format=yuv420p',
  ];
  return withFolder(async (folder) => {
    const output = join(folder, 'picture.mp4');
    const { code, stderr } = await runTool(
      'ffmpeg',
      [
        ...['-v', 'error', '-nostdin', '-y', ...INPUT_PROTOCOLS, '-i', fileUrl(path), '-map', '0:V:0'],
        ...(duration === undefined ? [] : ['-t', duration.toFixed(6)]),
        ...['-vf', filter.join(','), '-fps_mode', 'passthrough'],
        // A key frame twice a second lets a player seek without a wait.
        ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '27', '-force_key_frames', 'expr:gte(t,n_forced*0.5)'],
        ...['-map_metadata', '-1', '-fflags', '+bitexact', '-movflags', '+faststart', fileUrl(output)],
      ],
      { signal },
    );
    if (code !== 0) throw new UndecodableMediaError(`${path}: its picture does not decode (${reasonOf(stderr)})`);
    return readFile(output);
  });
}

export interface SoundPreview {
  /** 16-bit mono at the sound's own rate. */
  flac: Buffer;
  /** Mono at the rate asked for. */
  samples: Float32Array;
}

/** Sounds that one ffmpeg reads: starting it costs more than reading one. */
const BATCH = 16;

/**
 * Sounds as FLAC files, and their samples at `sampleRate`. In the place of a sound that cannot be read stands the error.
 * @throws the signal's reason, {FfmpegMissingError}
 */
export async function soundPreviews(
  paths: readonly string[],
  options: MediaOptions & { sampleRate: number; onProgress?: ((done: number) => void) | undefined },
): Promise<(SoundPreview | MediaError)[]> {
  const previews: (SoundPreview | MediaError)[] = [];
  for (let at = 0; at < paths.length; at += BATCH) {
    const batch = paths.slice(at, at + BATCH);
    const read = await previewBatch(batch, options);
    // One that does not decode fails its whole batch; alone, each has its own outcome.
    if (read instanceof UndecodableMediaError && batch.length > 1) {
      for (const path of batch) previews.push(...previewsOf(await previewBatch([path], options)));
    } else {
      previews.push(...previewsOf(read));
    }
    options.onProgress?.(previews.length);
  }
  return previews;
}

const previewsOf = (read: SoundPreview[] | MediaError): readonly (SoundPreview | MediaError)[] =>
  Array.isArray(read) ? read : [read];

async function previewBatch(
  paths: readonly string[],
  { sampleRate, signal }: MediaOptions & { sampleRate: number },
): Promise<SoundPreview[] | MediaError> {
  return withFolder(async (folder) => {
    const flac = (i: number): string => join(folder, `${i}.flac`);
    const raw = (i: number): string => join(folder, `${i}.f32`);
    const { code, stderr } = await runTool(
      'ffmpeg',
      [
        ...['-v', 'error', '-nostdin', '-y'],
        ...paths.flatMap((path) => [...INPUT_PROTOCOLS, '-i', fileUrl(path)]),
        ...paths.flatMap((_, i) => [
          ...['-map', `${i}:a:0`, '-ac', '1', '-c:a', 'flac', '-sample_fmt', 's16', '-compression_level', '8'],
          ...['-map_metadata', '-1', '-fflags', '+bitexact', '-flags:a', '+bitexact', fileUrl(flac(i))],
          ...['-map', `${i}:a:0`, '-ac', '1', '-ar', String(sampleRate), '-f', 'f32le', fileUrl(raw(i))],
        ]),
      ],
      { signal },
    );
    if (code !== 0) return new UndecodableMediaError(`${paths[0]}: its sound does not decode (${reasonOf(stderr)})`);
    return Promise.all(
      paths.map(async (_, i) => ({ flac: await readFile(flac(i)), samples: floats(await readFile(raw(i))) })),
    );
  });
}

function floats(bytes: Buffer): Float32Array {
  const samples = new Float32Array(Math.floor(bytes.length / 4));
  bytes.copy(new Uint8Array(samples.buffer), 0, 0, samples.byteLength);
  return samples;
}

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'onset-preview-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
