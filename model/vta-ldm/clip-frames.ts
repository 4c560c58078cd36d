/**
 * Which frames the CLIP encoder of VTA-LDM takes, and how they are prepared: two a second, Pillow's bicubic resize of the
 * short side, centre crop, [0, 1] without CLIP's own mean and deviation (research: the release leaves them out).
 */

import { roundHalfEven } from '../../engine/numeric.js';
import { type Clip, EmptyMediaError, resizeBicubic } from '../media/index.js';

const FRAMES_PER_SECOND = 2;
/** Frames a second where the file does not say. */
const UNKNOWN_RATE = 25;
/** Pixels a side of CLIP ViT-L/14's input. */
const CLIP_SIZE = 224;

/**
 * `released`: by the frame rate cut to a whole number, as in the release; `exact`: by the true rate, as in the authors'
 * later version. They differ for 29.97 fps and the like.
 */
export type FrameRule = 'released' | 'exact';

/** Indices of the frames that are taken, without end: a clip has those below its number of frames. */
export function* frameIndices(frameRate: number, rule: FrameRule): Generator<number, never> {
  const step = (rule === 'released' ? Math.max(1, Math.trunc(frameRate)) : frameRate) / FRAMES_PER_SECOND;
  for (let i = 0; ; i++) yield Math.trunc(i * step);
}

/** RGB bytes of any size to [CLIP_SIZE, CLIP_SIZE, 3] in [0, 1]. */
export function prepareFrame(
  pixels: Uint8Array,
  width: number,
  height: number,
  size: number = CLIP_SIZE,
): Float32Array {
  const short = Math.min(width, height);
  const scaled = (side: number): number => (side === short ? size : Math.trunc((size * side) / short));
  const [rows, columns] = [scaled(height), scaled(width)];
  const resized = resizeBicubic(pixels, [height, width], [rows, columns], 3);
  // torchvision places its crop by Python's `round`.
  const [top, left] = [roundHalfEven((rows - size) / 2), roundHalfEven((columns - size) / 2)];
  const out = new Float32Array(size * size * 3);
  for (let y = 0; y < size; y++) {
    const from = ((top + y) * columns + left) * 3;
    for (let i = 0; i < size * 3; i++) out[y * size * 3 + i] = resized[from + i]! / 255;
  }
  return out;
}

export interface ClipFrames {
  /** [T, size, size, 3] in [0, 1]. */
  frames: Float32Array;
  /** Index of each in the part of the clip that was asked for, and its time in seconds there. */
  indices: number[];
  times: number[];
}

export interface ClipFramesOptions {
  /** Default `released`. */
  rule?: FrameRule | undefined;
  /** Pixels a side; default CLIP_SIZE. */
  size?: number;
  signal?: AbortSignal | undefined;
}

/**
 * Streams a clip and prepares the chosen frames.
 *
 * @throws {MediaError} for what is wrong with the clip, or the signal's reason.
 */
export async function clipFrames(clip: Clip, options: ClipFramesOptions = {}): Promise<ClipFrames> {
  const { rule = 'released', size = CLIP_SIZE, signal } = options;
  const { width, height, frameRate } = clip.info.video;
  const chosen = frameIndices(frameRate || UNKNOWN_RATE, rule);
  const prepared: Float32Array[] = [];
  const indices: number[] = [];
  const times: number[] = [];
  let next = chosen.next().value;
  let index = 0;
  for await (const { images, time } of clip.frames({ clip: { pixels: 'rgb24' } }, { signal })) {
    // At rates below two a second a frame is chosen more than once.
    for (; next === index; next = chosen.next().value) {
      prepared.push(prepareFrame(images.clip, width, height, size));
      indices.push(index);
      times.push(time);
    }
    index++;
  }
  if (prepared.length === 0) throw new EmptyMediaError(`${clip.path}: has no frames`);
  const frames = new Float32Array(prepared.length * prepared[0]!.length);
  for (const [i, frame] of prepared.entries()) frames.set(frame, i * frame.length);
  return { frames, indices, times };
}
