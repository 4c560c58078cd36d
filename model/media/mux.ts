/** A clip with new sound: the picture's packets are copied as they are, the sound is encoded beside them. */

import { resolve } from 'node:path';
import type { Clip } from './clip.js';
import { holdsPicture, otherStreams, outputKind, pictureMetadata } from './containers.js';
import { MediaError, OutputError } from './errors.js';
import { fileUrl, INPUT_PROTOCOLS, type MediaOptions, outputErrorOf, reasonOf, runTool } from './ffmpeg.js';
import { outputError, writeWhole } from './files.js';
import { isIndexed, keyFrameBefore, seekOptions, seekPoint } from './seek.js';
import { writeWav } from './wav.js';

export interface PictureOptions extends MediaOptions {
  /** Encode the picture anew (H.264), for parts and pictures that cannot be copied. Default false. */
  exact?: boolean | undefined;
}

export interface SoundOutput extends PictureOptions {
  /** The clip whose picture is kept, or the part of it that it was opened with. */
  clip: Clip;
  /** Mono, −1…1; sample 0 sounds with the first frame of the part. */
  samples: Float32Array;
  sampleRate: number;
  /** `.mp4`, `.mov` or `.mkv` (picture and sound) or `.wav` (sound alone, 16-bit). */
  output: string;
}

/** Seconds by which a part may begin after a key frame and still count as beginning with it. */
const AT_KEY_FRAME = 1e-3;

/**
 * Checks that the clip's picture can go into an output, before any work.
 *
 * @returns What the output cannot hold, in words; empty where nothing is lost.
 * @throws {OutputError} when the picture cannot be copied there; the message says what can be done.
 */
export async function checkOutput(clip: Clip, output: string, options: PictureOptions = {}): Promise<string[]> {
  const kind = outputKind(output);
  if (kind === 'wav') return [];
  const { info, start } = clip;
  const { exact = false, signal } = options;
  const lost = [...otherStreams(kind, info).lost, ...(exact ? [] : pictureMetadata(kind, info).lost)];
  if (exact) return lost;
  if (!holdsPicture(kind, info)) {
    throw new OutputError(
      `${output}: a ${info.video.codec} picture cannot be copied into this container; use .mkv, or --exact to encode it anew`,
    );
  }
  if (info.video.packetTimes !== 'presentation' && !timesCanBeMade(info.video)) {
    throw new OutputError(
      `${clip.path}: its packets do not tell when their pictures are shown, so they cannot be copied; use --exact to ` +
        'encode the picture anew, or an output ending in .wav',
    );
  }
  if (kind === 'matroska' && start > 0) {
    const keyFrame = (await keyFrameBefore(info, start, { signal })) - info.video.start;
    if (start - keyFrame > AT_KEY_FRAME) {
      throw new OutputError(
        `${output}: the part begins ${(start - keyFrame).toFixed(2)} s after a key frame, which Matroska cannot hide; use ` +
          '.mp4 or .mov, or --exact to encode the picture anew',
      );
    }
  }
  return lost;
}

/** Whether ffmpeg makes right times for packets that have none. It does where the order is that of decoding. */
const timesCanBeMade = ({ packetTimes, reordered, codec }: Clip['info']['video']): boolean =>
  !reordered || (packetTimes === 'decode' && codec === 'mpeg4');

/**
 * Writes the clip's picture (bit-identical packets, unless `exact`) with `samples` as its only sound (AAC, 48 kHz), or the
 * sound alone. The sound is cut, or lengthened by silence, to the length of the picture. The file appears whole or not at
 * all. Subtitles, further pictures, chapters and metadata that the container can hold are kept.
 *
 * A part that begins between key frames keeps the packets since the key frame before, hidden by the container's edit list.
 *
 * @throws {OutputError} when the output cannot be written
 * @throws {MediaError} when the clip cannot be read
 */
export async function writeSound(options: SoundOutput): Promise<void> {
  const { clip, samples, sampleRate, output, exact = false, signal } = options;
  const kind = outputKind(output);
  if (resolve(output) === resolve(clip.path)) {
    throw new OutputError(`${output}: is the clip itself; choose another output with -o`);
  }
  signal?.throwIfAborted();
  if (kind === 'wav') return writeWav(output, [samples], sampleRate);
  await checkOutput(clip, output, { exact, signal });
  // Matroska counts the AAC encoder's 21 ms of lead-in as part of the sound; half of it comes off the end, so that the
  // sound is within 20 ms of the picture with the lead-in and without.
  const lead = kind === 'matroska' ? 0.0105 : 0;
  const length = Math.round(Math.max(0.01, clip.seconds - lead) * sampleRate);
  const picture = exact ? await encodedPicture(clip, options) : await copiedPicture(clip, options);
  await writeWhole(output, async (temporary) => {
    const { code, stderr } = await runTool(
      'ffmpeg',
      [
        ...['-v', 'error', '-nostdin', '-y', ...INPUT_PROTOCOLS, ...picture.input, '-i', fileUrl(clip.path)],
        ...(picture.delay > 0 ? ['-itsoffset', picture.delay.toFixed(6)] : []),
        ...['-f', 'f32le', '-ar', String(sampleRate), '-ac', '1', '-i', 'pipe:0'],
        ...['-map', picture.map, '-map', '1:a:0', ...otherStreams(kind, clip.info).maps, ...picture.codec],
        ...['-c:a', 'aac', '-b:a', '160k', '-ar', '48000', '-ac', '1', '-map_metadata', '0'],
        ...pictureMetadata(kind, clip.info).options,
        ...['-f', kind, fileUrl(temporary)],
      ],
      { signal, input: chunksOf(samples, length) },
    );
    if (code !== 0 || outputErrorOf(stderr, output)) throw writeErrorOf(clip, output, stderr);
  });
}

/** ffmpeg's options by which the picture comes into the output. */
interface PictureArguments {
  /** Before the input. */
  input: string[];
  /** What is mapped, and how it is encoded. */
  map: string;
  codec: string[];
  /** Seconds by which the sound begins later, where the picture keeps its place in the file. */
  delay: number;
}

async function copiedPicture(
  { info, start, duration, seconds }: Clip,
  { signal }: MediaOptions,
): Promise<PictureArguments> {
  const { video } = info;
  const map = `0:${video.index}`;
  const times = timeFilter(info);
  const codec = ['-c:v:0', 'copy', ...(times ? ['-bsf:v:0', times] : [])];
  const { seek } = await seekPoint(info, start, { signal });
  // In an unindexed container reading begins before the part: what comes earlier gets negative times, which an edit list
  // hides. Initial packets that are no key frames are dropped there, and kept where ffmpeg seeks by the index.
  const early = start > 0 ? start + video.start - seek : 0;
  const delay = start > 0 ? 0 : video.start;
  const shift = isIndexed(info) ? 0 : early;
  return {
    input: [
      ...(video.packetTimes === 'presentation' ? [] : ['-fflags', '+genpts']),
      ...seekOptions(info, seek),
      // Of two offsets the last one counts.
      ...(shift > 0 ? ['-itsoffset', (-shift).toFixed(6)] : []),
      // The end is compared with times after the shift.
      ...(duration !== undefined ? ['-t', (seconds + early - shift + delay).toFixed(6)] : []),
    ],
    map,
    codec: [...codec, ...(isIndexed(info) || start === 0 ? ['-copyinkf:v:0'] : [])],
    delay,
  };
}

/** The bitstream filter that gives packets without presentation times those of their decoding, which ffmpeg counts up. */
function timeFilter({ video }: Clip['info']): string | undefined {
  if (video.packetTimes === 'presentation') return undefined;
  if (video.codec === 'mpeg4') return 'mpeg4_unpack_bframes';
  return 'setts=pts=DTS';
}

async function encodedPicture(
  { info, start, duration, seconds }: Clip,
  { signal }: MediaOptions,
): Promise<PictureArguments> {
  const { video } = info;
  const { seek } = await seekPoint(info, start, { signal });
  const offset = start + video.start - seek;
  const zero = offset.toFixed(6);
  const filter = [`trim=start=${zero}`, `setpts=PTS-${zero}/TB`, 'format=yuv420p'];
  return {
    input: [...seekOptions(info, seek), ...(duration !== undefined ? ['-t', (offset + seconds).toFixed(6)] : [])],
    map: `0:${video.index}`,
    codec: [
      ...['-filter:v:0', filter.join(','), '-fps_mode', 'passthrough'],
      // Frames keep their times; by default they are rounded to the mean rate.
      ...['-enc_time_base:v:0', '-1'],
      ...['-c:v:0', 'libx264', '-preset', 'medium', '-crf', '16'],
    ],
    delay: 0,
  };
}

/** The error that a failed ffmpeg stands for; a write that fails when the file is closed is reported without an exit code. */
function writeErrorOf({ info }: Clip, output: string, stderr: string): MediaError {
  const known = outputErrorOf(stderr, output);
  if (known) return known;
  if (/not currently supported in container|could not find tag for codec|incorrect codec parameters/i.test(stderr)) {
    return new OutputError(
      `${output}: a ${info.video.codec} picture cannot be copied into this container; use .mkv, or --exact to encode it anew`,
    );
  }
  const missing = /no such file or directory/i.test(stderr) ? outputError(output, 'missing') : undefined;
  return missing ?? new MediaError(`${output}: ffmpeg could not write it: ${reasonOf(stderr)}`);
}

/** `length` samples as bytes, little by little: the sound, then silence where it is shorter. NaN becomes silence. */
function* chunksOf(samples: Float32Array, length: number): Generator<Uint8Array> {
  const size = 1 << 16;
  for (let at = 0; at < length; at += size) {
    const chunk = new Float32Array(Math.min(size, length - at));
    for (let i = 0; i < chunk.length; i++) {
      const value = samples[at + i] ?? 0;
      chunk[i] = Number.isNaN(value) ? 0 : Math.max(-1, Math.min(1, value));
    }
    yield new Uint8Array(chunk.buffer);
  }
}
