/** Frames of a video as a stream, each with its exact time, from one decode in as many formats as are wanted. */

import type { Readable } from 'node:stream';
import { MediaRangeError, UndecodableMediaError } from './errors.js';
import { fileUrl, INPUT_PROTOCOLS, reasonOf, startTool } from './ffmpeg.js';
import { LengthMeter } from './length.js';
import type { MediaInfo } from './probe.js';
import { seekOptions, seekPoint } from './seek.js';

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
  /** Seconds that the part lasts, as far as the file says. */
  seconds: number;
}

/** Descriptors of the decoder's pipes: the frames' times, and the images of the second format on. */
const TIMES_PIPE = 3;
const pipeOfFormat = (index: number): number => (index === 0 ? 1 : TIMES_PIPE + index);

/** See `Clip.frames`; `onEnd` is given the seconds that the part lasts by its frames. */
export async function* decodeFrames<Name extends string>(
  info: MediaInfo,
  part: ClipPart,
  formats: Readonly<Record<Name, ImageFormat>>,
  { signal, onEnd }: { signal?: AbortSignal | undefined; onEnd?: (seconds: number) => void },
): AsyncGenerator<Frame<Name>> {
  const { path } = info;
  const names = Object.keys(formats) as Name[];
  const wanted = names.map((name) => requireSize(info, formats[name]));
  const { seek } = await seekPoint(info, part.start, { signal });
  const running = startTool('ffmpeg', decoderArguments(info, part, seek, wanted), {
    signal,
    extraPipes: wanted.length,
  });
  const times = readTimes(running.child.stdio[TIMES_PIPE] as Readable);
  const sources = wanted.map((format, i) =>
    imagesOf(running.child.stdio[pipeOfFormat(i)] as Readable, byteSize(info, format)),
  );
  const length = new LengthMeter(info, part);
  try {
    for (;;) {
      const next = await Promise.all(sources.map((source) => source.next()));
      if (next.some(({ done }) => done)) break;
      const time = await times.next();
      if (time === undefined) throw new UndecodableMediaError(`${path}: frame ${length.frames} has no timestamp`);
      length.push(time);
      const images = Object.fromEntries(names.map((name, i) => [name, next[i]!.value])) as Record<Name, Uint8Array>;
      yield { images, time };
    }
    const { code, stderr } = await running.finished;
    if (length.frames === 0 && code === 0 && part.start > 0) {
      throw new MediaRangeError(`${path}: no frame begins at ${part.start} s or later; choose an earlier --start`);
    }
    if (length.frames === 0 || code !== 0) {
      throw new UndecodableMediaError(
        `${path}: ${length.frames === 0 ? 'no frame of it decodes' : `decoding failed after ${length.frames} frames`} ` +
          `(${reasonOf(stderr)}); check that it plays, or convert it with ffmpeg`,
      );
    }
    length.requireWhole(stderr);
    onEnd?.(length.seconds());
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

function decoderArguments(info: MediaInfo, part: ClipPart, seek: number, formats: readonly ImageFormat[]): string[] {
  const { start, duration, seconds } = part;
  const offset = start + info.video.start - seek;
  return [
    ...['-v', 'error', '-nostdin', '-threads', '2', ...INPUT_PROTOCOLS],
    ...seekOptions(info, seek),
    ...(duration !== undefined ? ['-t', (offset + seconds).toFixed(6)] : []),
    ...['-i', fileUrl(info.path), '-filter_complex', filterGraph(info, start > 0, offset, formats)],
    ...formats.flatMap((_, i) => [
      ...['-map', `[image${i}]`, '-fps_mode', 'passthrough', '-f', 'rawvideo', `pipe:${pipeOfFormat(i)}`],
    ]),
  ];
}

/** One decoded stream from `offset` seconds on, which become its zero; its times reported, scaled to each of the formats. */
function filterGraph({ video }: MediaInfo, cut: boolean, offset: number, formats: readonly ImageFormat[]): string {
  const zero = offset.toFixed(6);
  const common = [
    ...(cut && offset > 0 ? [`trim=start=${zero}`] : []),
    ...(offset > 0 ? [`setpts=PTS-${zero}/TB`] : []),
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
