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
  /** Seconds that the part lasts: as the file says, and once all of its frames were decoded, as they show. */
  readonly seconds: number;
  /** What a person should know of the file, such as a length that its frames do not bear out. */
  readonly notes: readonly string[];
  /**
   * Decodes the part and gives its frames in order, each in all of the formats; only a few are ever in memory. The rotation
   * that the file asks for is applied. Iterate once; leaving the loop early ends the decoder.
   *
   * @throws {MediaRangeError} when a format's size cannot be, or no frame begins in the part.
   * @throws {TruncatedMediaError} when the file ends early
   * @throws {UndecodableMediaError} when it does not decode
   */
  frames<Name extends string>(
    formats: Readonly<Record<Name, ImageFormat>>,
    options?: MediaOptions,
  ): AsyncIterable<Frame<Name>>;
}

/** Seconds by which a file may misstate its length unsaid. */
const UNSAID = 0.1;

/**
 * Opens a video file and checks the part against it.
 *
 * @throws {MediaError} when the file is no video, or the part lies outside it.
 */
export async function openClip(path: string, options: ClipOptions = {}): Promise<Clip> {
  const { start = 0, duration, signal } = options;
  const info = await probe(path, { signal });
  // A length that is not the picture's own may be wrong; then decoding finds out.
  const end = info.exactDuration ? info.duration : Number.POSITIVE_INFINITY;
  if (!(start >= 0) || start >= end) {
    throw new MediaRangeError(`${path}: start ${start} s lies outside the clip, which lasts ${info.duration} s`);
  }
  if (duration !== undefined && !(duration > 0)) {
    throw new MediaRangeError(`${path}: a duration of ${duration} s was asked for; more than 0 is expected`);
  }
  const stated = Math.max(0, Math.min(info.duration - start, duration ?? Number.POSITIVE_INFINITY));
  let seconds = stated;
  const notes: string[] = [];
  return {
    path,
    info,
    start,
    duration,
    notes,
    get seconds() {
      return seconds;
    },
    frames: (formats, { signal }: MediaOptions = {}) =>
      decodeFrames(info, { start, duration, seconds: stated || duration || 0 }, formats, {
        signal,
        onEnd(measured) {
          seconds = measured;
          if (Math.abs(measured - stated) <= UNSAID || notes.length > 0) return;
          notes.push(
            `${path}: says that its picture lasts ${(start + stated).toFixed(2)} s; it lasts ${(start + measured).toFixed(2)} s`,
          );
        },
      }),
  };
}
