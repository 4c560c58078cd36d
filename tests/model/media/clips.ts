/** Tiny clips made by ffmpeg for the tests of the media room, in a folder that is removed at the end of the run. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodeWav from 'node-wav';
import { type ClipOptions, openClip } from '../../../model/media/clip.js';
import { runTool } from '../../../model/media/ffmpeg.js';
import type { ImageFormat } from '../../../model/media/frames.js';
import { cleanups } from '../../harness/suite.js';

let folder: string | undefined;

/** A path in the run's own temporary folder. */
export function scratch(name: string): string {
  if (!folder) {
    folder = mkdtempSync(join(tmpdir(), 'onset-media-'));
    cleanups.push(() => rmSync(folder!, { recursive: true, force: true }));
  }
  return join(folder, name);
}

/** Runs ffmpeg, overwriting; fails the test with its message. */
export async function ffmpeg(...arguments_: string[]): Promise<void> {
  const { code, stderr } = await runTool('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...arguments_]);
  if (code !== 0) throw new Error(`ffmpeg ${arguments_.join(' ')}: ${stderr}`);
}

const made = new Map<string, { recipe: string; path: Promise<string> }>();

/** Makes a clip once a run and gives its path; two clips of one name are a mistake. */
export function clip(name: string, ...arguments_: string[]): Promise<string> {
  const recipe = arguments_.join(' ');
  const known = made.get(name);
  if (known && known.recipe !== recipe) throw new Error(`${name} is another clip already; name this one otherwise`);
  const path = known?.path ?? ffmpeg(...arguments_, scratch(name)).then(() => scratch(name));
  made.set(name, { recipe, path });
  return path;
}

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];

/** A test picture of the given size, rate and length, with `extra` output options before the name. */
export function picture(
  name: string,
  size: string,
  rate: string,
  seconds: number,
  ...extra: string[]
): Promise<string> {
  return clip(name, '-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}:d=${seconds}`, ...X264, ...extra);
}

/** The picture of `picture`, with a 440 Hz tone beside it. */
export function pictureWithSound(name: string, size: string, rate: string, seconds: number): Promise<string> {
  return clip(
    name,
    ...['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}:d=${seconds}`],
    ...['-f', 'lavfi', '-i', `sine=f=440:r=44100:d=${seconds}`, ...X264, '-c:a', 'aac', '-shortest'],
  );
}

/** A tone of `seconds` at 16 kHz. */
export function tone(seconds: number, frequency = 440): Float32Array {
  return Float32Array.from(
    { length: Math.round(seconds * 16000) },
    (_, i) => 0.5 * Math.sin((2 * Math.PI * frequency * i) / 16000),
  );
}

/** A frame in one format. */
export interface TestFrame {
  pixels: Uint8Array;
  time: number;
}

/** Frames of a clip in one format, by default in its own size and colour. */
export async function* framesOf(
  path: string,
  { start, duration, signal, ...format }: ClipOptions & Partial<ImageFormat> = {},
): AsyncGenerator<TestFrame> {
  const clip = await openClip(path, { start, duration, signal });
  for await (const { images, time } of clip.frames({ image: { pixels: 'rgb24', ...format } }, { signal })) {
    yield { pixels: images.image, time };
  }
}

/** The contents of a WAV file, or of its bytes, by node-wav (which reads aligned memory only). */
export function readWav(source: string | Uint8Array): { sampleRate: number; channels: Float32Array[] } {
  const bytes = typeof source === 'string' ? readFileSync(source) : source;
  const { sampleRate, channelData } = nodeWav.decode(new Uint8Array(new Uint8Array(bytes).buffer));
  return { sampleRate, channels: channelData };
}
