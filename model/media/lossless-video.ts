/** Frames written as a video that gives back every pixel. */

import { MediaError } from './errors.js';
import { fileUrl, type MediaOptions, outputErrorOf, reasonOf, runTool } from './ffmpeg.js';
import { writeWhole } from './files.js';

export interface RawVideo {
  width: number;
  height: number;
  /** Row-major [frameCount, height, width, 3], red, green, blue. */
  frames: Uint8Array;
  /** Frames a second, all of one length; a ratio such as 30000/1001 is kept to 1e-6. */
  frameRate: number;
}

/**
 * Writes an `.mp4` without sound: H.264 in RGB without quantization, whole or not at all. Times are exact to the frame
 * rate, which in Matroska they are not.
 *
 * @throws {OutputError} when it cannot be written, {FfmpegMissingError} without ffmpeg, {MediaError} when this ffmpeg
 * cannot encode it, or the signal's reason
 */
export async function writeLosslessVideo(
  path: string,
  { width, height, frames, frameRate }: RawVideo,
  { signal }: MediaOptions = {},
): Promise<void> {
  await writeWhole(path, async (temporary) => {
    const { code, stderr } = await runTool(
      'ffmpeg',
      [
        ...['-v', 'error', '-nostdin', '-y', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`],
        ...['-r', rateOf(frameRate), '-i', 'pipe:0', '-c:v', 'libx264rgb', '-qp', '0', '-preset', 'veryfast'],
        ...['-bf', '0', '-threads', '1', '-movflags', '+faststart', '-f', 'mp4', fileUrl(temporary)],
      ],
      { signal, input: [frames] },
    );
    if (code === 0) return;
    throw outputErrorOf(stderr, path) ?? new MediaError(`${path}: the video cannot be encoded: ${reasonOf(stderr)}`);
  });
}

/** Rates of television are ratios over 1001. */
function rateOf(frameRate: number): string {
  const thousands = frameRate * 1.001;
  const television = Math.abs(thousands - Math.round(thousands)) < 1e-6;
  return television ? `${Math.round(thousands) * 1000}/1001` : frameRate.toFixed(6);
}
