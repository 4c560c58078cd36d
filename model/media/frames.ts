/** Frames of a video as a stream, each with its exact time, from one decode in as many formats as are wanted. */

import type { Readable } from 'node:stream';
import { MediaRangeError, TruncatedMediaError, UndecodableMediaError } from './errors.js';
import { fileUrl, INPUT_PROTOCOLS, reasonOf, startTool } from './ffmpeg.js';
import type { MediaInfo } from './probe.js';

/** How one image of each frame is wanted. */
export interface ImageFormat {
  /** `gray8`: `height × width` bytes, 0 black … 255 white; `rgb24`: `height × width × 3`, red, green, blue. */
  pixels: 'gray8' | 'rgb24';
  /** Size of the image; by default the clip's own. */
  size?: { width: number; height: number };
  /** How a clip of other proportions fits the size: squeezed, or cut at the longer sides. Default `stretch`. */
  fit?: 'stretch' | 'cover';
}

export interface Frame<Name extends string = string> {
  /** The frame in each format that was asked for, rows from the top. */
  images: Record<Name, Uint8Array>;
  /** Seconds since the start of the part, to the microsecond. */
  time: number;
}

/** Part of a clip, in seconds from its first frame. `duration` is undefined for all the rest of the clip. */
export interface ClipPart {
  start: number;
  duration: number | undefined;
  /** Seconds that the part lasts. */
  seconds: number;
}

/** Descriptors of the decoder's pipes: the frames' times, and the images of the second format on. */
const TIMES_PIPE = 3;
const pipeOfFormat = (index: number): number => (index === 0 ? 1 : TIMES_PIPE + index);

/** See `Clip.frames`. */
export async function* decodeFrames<Name extends string>(
  info: MediaInfo,
  part: ClipPart,
  formats: Readonly<Record<Name, ImageFormat>>,
  signal?: AbortSignal,
): AsyncGenerator<Frame<Name>> {
  const { path } = info;
  const names = Object.keys(formats) as Name[];
  const wanted = names.map((name) => requireSize(info, formats[name]));
  const running = startTool('ffmpeg', decoderArguments(info, part, wanted), { signal, extraPipes: wanted.length });
  const times = readTimes(running.child.stdio[TIMES_PIPE] as Readable);
  const sources = wanted.map((format, i) =>
    imagesOf(running.child.stdio[pipeOfFormat(i)] as Readable, byteSize(info, format)),
  );
  let count = 0;
  let last = 0;
  let step = 0;
  try {
    for (;;) {
      const next = await Promise.all(sources.map((source) => source.next()));
      if (next.some(({ done }) => done)) break;
      const time = await times.next();
      if (time === undefined) throw new UndecodableMediaError(`${path}: frame ${count} has no timestamp`);
      step = count === 0 ? time : time - last;
      last = time;
      count++;
      const images = Object.fromEntries(names.map((name, i) => [name, next[i]!.value])) as Record<Name, Uint8Array>;
      yield { images, time };
    }
    const { code, stderr } = await running.finished;
    if (count === 0 || code !== 0) {
      throw new UndecodableMediaError(
        `${path}: ${count === 0 ? 'no frame of it decodes' : `decoding failed after ${count} frames`} ` +
          `(${reasonOf(stderr)}); check that it plays, or convert it with ffmpeg`,
      );
    }
    checkWhole(info, part, last, step, stderr);
  } finally {
    await running.stop();
  }
}

function requireSize(info: MediaInfo, format: ImageFormat): ImageFormat {
  const { width, height } = format.size ?? info.video;
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < 1 || side > 16384) {
      throw new MediaRangeError(`frame size ${width}×${height}: whole numbers from 1 to 16384 are expected`);
    }
  }
  return format;
}

function byteSize(info: MediaInfo, { pixels, size }: ImageFormat): number {
  const { width, height } = size ?? info.video;
  return width * height * (pixels === 'gray8' ? 1 : 3);
}

function decoderArguments(info: MediaInfo, part: ClipPart, formats: readonly ImageFormat[]): string[] {
  const { start, duration, seconds } = part;
  const { video } = info;
  return [
    ...['-v', 'error', '-nostdin', '-threads', '2', ...INPUT_PROTOCOLS],
    ...(start > 0 ? ['-ss', (start + video.start).toFixed(6)] : []),
    ...(duration !== undefined ? ['-t', (seconds + (start > 0 ? 0 : video.start)).toFixed(6)] : []),
    ...['-i', fileUrl(info.path), '-filter_complex', filterGraph(info, start, formats)],
    ...formats.flatMap((_, i) => [
      ...['-map', `[image${i}]`, '-fps_mode', 'passthrough', '-f', 'rawvideo', `pipe:${pipeOfFormat(i)}`],
    ]),
  ];
}

/** One decoded stream, its times reported, scaled to each of the formats. */
function filterGraph({ video }: MediaInfo, start: number, formats: readonly ImageFormat[]): string {
  const common = [
    // With a seek ffmpeg counts from the sought instant; without, from the file's first timestamp.
    ...(start === 0 && video.start > 0 ? [`setpts=PTS-${video.start.toFixed(6)}/TB`] : []),
    'settb=1/1000000',
    // `print` skips frames that carry no metadata, so each is given some.
    'metadata=mode=add:key=onset:value=1',
    `metadata=mode=print:file=pipe\\\\:${TIMES_PIPE}:direct=1`,
    `split=${formats.length}${formats.map((_, i) => `[frame${i}]`).join('')}`,
  ];
  const images = formats.map(({ pixels, size = video, fit }, i) => {
    const { width, height } = size;
    const scale =
      fit === 'cover' && (width !== video.width || height !== video.height)
        ? `scale=${width}:${height}:force_original_aspect_ratio=increase:flags=area,crop=${width}:${height}`
        : `scale=${width}:${height}:flags=area`;
    return `[frame${i}]${scale},format=${pixels === 'gray8' ? 'gray' : 'rgb24'}[image${i}]`;
  });
  return [`[0:${video.index}]${common.join(',')}`, ...images].join(';');
}

/** The stream in pieces of `bytes`, each in memory of its own. */
async function* imagesOf(source: Readable, bytes: number): AsyncGenerator<Uint8Array, undefined> {
  let pixels = new Uint8Array(bytes);
  let filled = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    for (let read = 0; read < chunk.length; ) {
      const take = Math.min(bytes - filled, chunk.length - read);
      pixels.set(chunk.subarray(read, read + take), filled);
      filled += take;
      read += take;
      if (filled < bytes) continue;
      yield pixels;
      pixels = new Uint8Array(bytes);
      filled = 0;
    }
  }
  return undefined;
}

/** A file that was cut off decodes without complaint up to the cut: compare with what it says it lasts. */
function checkWhole(info: MediaInfo, part: ClipPart, last: number, step: number, stderr: string): void {
  const missing = part.seconds - (last + Math.max(step, info.video.frameRate > 0 ? 1 / info.video.frameRate : 0.04));
  if (!info.exactDuration || missing <= 0.5 || !/partial file|truncat|end of file|invalid|error/i.test(stderr)) return;
  throw new TruncatedMediaError(
    `${info.path}: cut off: it says it lasts ${info.duration.toFixed(2)} s, but its picture ends at ` +
      `${(part.start + last).toFixed(2)} s; copy or download it again, or choose a part with --duration`,
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
