/** The sound of any clip, decoded. */

import type { Readable } from 'node:stream';
import { MediaRangeError, NoAudioStreamError, UndecodableMediaError } from './errors.js';
import { fileUrl, INPUT_PROTOCOLS, type MediaOptions, reasonOf, startTool } from './ffmpeg.js';
import { defaultPicture, probeRaw } from './probe.js';
import { seekOptions } from './seek.js';

export interface AudioOptions extends MediaOptions {
  /** Samples a second of the result. */
  sampleRate: number;
  /** Seconds from the first frame (or, without a picture, from the first sample) at which to begin. */
  start?: number;
  /** Seconds to decode; by default to the end. */
  duration?: number;
}

/**
 * Decodes a clip's first sound stream to mono samples in −1…1. Sample 0 belongs to the first frame of the picture (or, with
 * `start`, that much later); gaps in the stream are filled with silence so that later sounds stay where they belong.
 * @throws {NoAudioStreamError} when it has no sound stream
 * @throws {UndecodableMediaError} when the stream does not decode
 * @throws {MediaRangeError} when `start` is negative
 * @throws {MediaError} of another kind when it is no media file
 */
export async function decodeAudio(path: string, options: AudioOptions): Promise<Float32Array> {
  const { sampleRate, start = 0, duration } = options;
  if (!(start >= 0)) throw new MediaRangeError(`${path}: start ${start} s; 0 or more is expected`);
  const raw = await probeRaw(path, options);
  if (!raw.streams?.some((s) => s.codec_type === 'audio')) {
    throw new NoAudioStreamError(`${path}: has no sound; a file with a sound stream is expected`);
  }
  const picture = defaultPicture(raw.streams);
  const fileStart = Number(raw.format?.start_time ?? 0) || 0;
  const offset = picture ? Math.max(0, (Number(picture.start_time ?? 0) || 0) - fileStart) : 0;
  const from = start + offset;
  const running = startTool(
    'ffmpeg',
    [
      ...['-v', 'error', '-nostdin', ...INPUT_PROTOCOLS],
      ...seekOptions({ format: raw.format?.format_name ?? '' }, from),
      ...(duration !== undefined ? ['-t', duration.toFixed(6)] : []),
      ...['-i', fileUrl(path), '-map', '0:a:0', '-af', `aresample=${sampleRate}:async=1:first_pts=0`],
      ...['-ac', '1', '-f', 'f32le', 'pipe:1'],
    ],
    options,
  );
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of running.child.stdout as Readable as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
    }
    const { code, stderr } = await running.finished;
    if (code !== 0 || length < 4) {
      throw new UndecodableMediaError(`${path}: its sound does not decode (${reasonOf(stderr)})`);
    }
  } finally {
    await running.stop();
  }
  const samples = new Float32Array(Math.floor(length / 4));
  Buffer.concat(chunks, length).copy(new Uint8Array(samples.buffer), 0, 0, samples.byteLength);
  return samples;
}
