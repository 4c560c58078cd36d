/** Frames of a video as a stream, each with its exact time. */

import type { Readable } from 'node:stream';
import { MediaRangeError, TruncatedMediaError, UndecodableMediaError } from './errors.js';
import { fileUrl, INPUT_PROTOCOLS, type MediaOptions, reasonOf, startTool } from './ffmpeg.js';
import { type MediaInfo, probe } from './probe.js';

export interface Frame {
  /** `height × width` bytes (grey, 0 black … 255 white) or `height × width × 3` (red, green, blue), rows from the top. */
  pixels: Uint8Array;
  /** Seconds since the start of the part that was asked for (by default the video's first frame), to the microsecond. */
  time: number;
}

export interface FrameOptions extends MediaOptions {
  /** Default `rgb24`. */
  format?: 'gray8' | 'rgb24';
  /** Pixels of the frames given back; by default the clip's own. With one of the two, the other keeps the proportions. */
  width?: number;
  height?: number;
  /** How a clip of other proportions fits `width × height`: squeezed, or cut at the longer sides. Default `stretch`. */
  fit?: 'stretch' | 'cover';
  /** Resample to this constant rate (frames at 0, 1/fps, 2/fps …); by default the clip's own frames at their own times. */
  fps?: number;
  /** Seconds from the first frame at which to begin. */
  start?: number;
  /** Seconds to decode; by default to the end. */
  duration?: number;
}

export interface FrameStream extends AsyncIterable<Frame> {
  info: MediaInfo;
  /** Pixels of each frame. */
  width: number;
  height: number;
}

/**
 * Opens a clip and gives its frames one at a time; only a few are ever in memory, however long the clip. The rotation that
 * the file asks for is applied. Iterate once; leaving the loop early ends the decoder.
 *
 * Throws a `MediaError`: the file is no video, the part lies outside it, its data ends early or does not decode.
 */
export async function openFrames(path: string, options: FrameOptions = {}): Promise<FrameStream> {
  const info = await probe(path, options);
  checkPart(info, options.start, options.duration);
  const { width, height } = frameSize(info, options);
  return { info, width, height, [Symbol.asyncIterator]: () => decode(info, width, height, options) };
}

/** Refuses a part that begins after the clip's end or has no length. */
export function checkPart(info: MediaInfo, start = 0, duration?: number): void {
  if (!(start >= 0) || start >= info.duration) {
    throw new MediaRangeError(`${info.path}: start ${start} s lies outside the clip, which lasts ${info.duration} s`);
  }
  if (duration !== undefined && !(duration > 0)) {
    throw new MediaRangeError(`${info.path}: a duration of ${duration} s was asked for; more than 0 is expected`);
  }
}

/** Seconds of the part of a clip that `start` and `duration` choose. */
export function partDuration(info: MediaInfo, start = 0, duration?: number): number {
  return Math.min(info.duration - start, duration ?? Number.POSITIVE_INFINITY);
}

function frameSize(info: MediaInfo, options: FrameOptions): { width: number; height: number } {
  const { width, height } = info.video;
  const wanted = {
    width: options.width ?? (options.height ? Math.max(1, Math.round((options.height * width) / height)) : width),
    height: options.height ?? (options.width ? Math.max(1, Math.round((options.width * height) / width)) : height),
  };
  for (const side of [wanted.width, wanted.height]) {
    if (!Number.isInteger(side) || side < 1 || side > 16384) {
      throw new MediaRangeError(
        `frame size ${wanted.width}×${wanted.height}: whole numbers from 1 to 16384 are expected`,
      );
    }
  }
  return wanted;
}

async function* decode(info: MediaInfo, width: number, height: number, options: FrameOptions): AsyncGenerator<Frame> {
  const { path } = info;
  const start = options.start ?? 0;
  const part = partDuration(info, start, options.duration);
  const gray = options.format === 'gray8';
  const filters = [
    // With a seek ffmpeg counts from the sought instant; without, from the file's first timestamp.
    ...(start === 0 && info.video.start > 0 ? [`setpts=PTS-${info.video.start.toFixed(6)}/TB`] : []),
    ...(options.fps ? [`fps=fps=${options.fps}:start_time=0`] : []),
    options.fit === 'cover' && (width !== info.video.width || height !== info.video.height)
      ? `scale=${width}:${height}:force_original_aspect_ratio=increase:flags=area,crop=${width}:${height}`
      : `scale=${width}:${height}:flags=area`,
    `format=${gray ? 'gray' : 'rgb24'}`,
    'settb=1/1000000',
    // `print` skips frames that carry no metadata, so each is given some.
    'metadata=mode=add:key=onset:value=1',
    'metadata=mode=print:file=pipe\\\\:3:direct=1',
  ];
  const running = startTool(
    'ffmpeg',
    [
      ...['-v', 'error', '-nostdin', '-threads', '2', ...INPUT_PROTOCOLS],
      ...(start > 0 ? ['-ss', (start + info.video.start).toFixed(6)] : []),
      ...(options.duration !== undefined ? ['-t', (part + (start > 0 ? 0 : info.video.start)).toFixed(6)] : []),
      ...['-i', fileUrl(path), '-map', `0:${info.video.index}`, '-vf', filters.join(',')],
      ...['-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:1'],
    ],
    { signal: options.signal, extraPipe: true },
  );
  const times = readTimes(running.child.stdio[3] as Readable);
  const bytes = width * height * (gray ? 1 : 3);
  let pixels = new Uint8Array(bytes);
  let filled = 0;
  let count = 0;
  let last = 0;
  let step = 0;
  try {
    for await (const chunk of running.child.stdout as AsyncIterable<Buffer>) {
      for (let read = 0; read < chunk.length; ) {
        const take = Math.min(bytes - filled, chunk.length - read);
        pixels.set(chunk.subarray(read, read + take), filled);
        filled += take;
        read += take;
        if (filled < bytes) continue;
        const time = await times.next();
        if (time === undefined) throw new UndecodableMediaError(`${path}: frame ${count} has no timestamp`);
        step = count === 0 ? time : time - last;
        last = time;
        count++;
        yield { pixels, time };
        pixels = new Uint8Array(bytes);
        filled = 0;
      }
    }
    const { code, stderr } = await running.finished;
    if (count === 0 || code !== 0) {
      throw new UndecodableMediaError(
        `${path}: ${count === 0 ? 'no frame of it decodes' : `decoding failed after ${count} frames`} ` +
          `(${reasonOf(stderr)}); check that it plays, or convert it with ffmpeg`,
      );
    }
    checkWhole(info, start, part, last, step, stderr);
  } finally {
    await running.stop();
  }
}

/** A file that was cut off decodes without complaint up to the cut: compare with what it says it lasts. */
function checkWhole(info: MediaInfo, start: number, part: number, last: number, step: number, stderr: string): void {
  const missing = part - (last + Math.max(step, info.video.frameRate > 0 ? 1 / info.video.frameRate : 0.04));
  if (!info.exactDuration || missing <= 0.5 || !/partial file|truncat|end of file|invalid|error/i.test(stderr)) return;
  throw new TruncatedMediaError(
    `${info.path}: cut off: it says it lasts ${info.duration.toFixed(2)} s, but its picture ends at ` +
      `${(start + last).toFixed(2)} s; copy or download it again, or choose a part with --duration`,
  );
}

/** The frames' times in order, from the filter's report `frame:0 pts:40000 …` in microseconds. */
function readTimes(source: Readable): { next(): Promise<number | undefined> } {
  const times: number[] = [];
  let taken = 0;
  let text = '';
  let ended = false;
  let wake: (() => void) | undefined;
  source.setEncoding('latin1');
  source.on('data', (chunk: string) => {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop()!;
    for (const line of lines) {
      const match = /^frame:\d+\s+pts:(-?\d+)/.exec(line);
      if (match) times.push(Number(match[1]) / 1e6);
    }
    wake?.();
  });
  const end = (): void => {
    ended = true;
    wake?.();
  };
  source.on('end', end).on('close', end).on('error', end);
  return {
    async next() {
      while (taken >= times.length && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const time = times[taken++];
      // Drop what was read: an hour of frames is otherwise a long list.
      if (taken > 1024) {
        times.splice(0, taken);
        taken = 0;
      }
      return time;
    },
  };
}
