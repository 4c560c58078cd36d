/** A clip: opened once, so that whoever works on it shares what was found out about the file. */

import { MediaRangeError } from './errors.js';
import type { MediaOptions } from './ffmpeg.js';
import { decodeFrames, type Frame, type ImageFormat } from './frames.js';
import { type MediaInfo, probe } from './probe.js';

export interface ClipOptions extends MediaOptions {
  /** Seconds from the first frame at which the part to work on begins. Default 0. */
  start?: number | undefined;
  /** Seconds of the part; by default to the clip's end. */
  duration?: number | undefined;
}

export interface Clip {
  readonly path: string;
  readonly info: MediaInfo;
  /** Seconds from the first frame at which the part begins, and its length as it was asked for. */
  readonly start: number;
  readonly duration: number | undefined;
  /** Seconds that the part lasts; at most what the clip has. */
  readonly seconds: number;
  /**
   * Decodes the part and gives its frames in order, each in all of the formats; only a few are ever in memory. The rotation
   * that the file asks for is applied. Iterate once; leaving the loop early ends the decoder.
   *
   * @throws {MediaRangeError} when a format's size cannot be.
   * @throws {TruncatedMediaError} when the file ends early, {UndecodableMediaError} when it does not decode.
   */
  frames<Name extends string>(
    formats: Readonly<Record<Name, ImageFormat>>,
    options?: MediaOptions,
  ): AsyncIterable<Frame<Name>>;
}

/**
 * Opens a video file and checks the part against it.
 *
 * @throws {MediaError} when the file is no video, or the part lies outside it.
 */
export async function openClip(path: string, options: ClipOptions = {}): Promise<Clip> {
  const { start = 0, duration, signal } = options;
  const info = await probe(path, { signal });
  if (!(start >= 0) || start >= info.duration) {
    throw new MediaRangeError(`${path}: start ${start} s lies outside the clip, which lasts ${info.duration} s`);
  }
  if (duration !== undefined && !(duration > 0)) {
    throw new MediaRangeError(`${path}: a duration of ${duration} s was asked for; more than 0 is expected`);
  }
  const part = { start, duration, seconds: Math.min(info.duration - start, duration ?? Number.POSITIVE_INFINITY) };
  return {
    path,
    info,
    ...part,
    frames: (formats, { signal }: MediaOptions = {}) => decodeFrames(info, part, formats, signal),
  };
}
