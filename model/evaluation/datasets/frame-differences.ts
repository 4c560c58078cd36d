/** When something in a picture changes fastest, without any model: what a script can tell of the moments that sound. */

import type { Clip, MediaOptions } from '../../media/index.js';

/** Width and height at which frames are compared, in pixels. */
const SIZE = 64;
/** Standard deviations over the mean that a peak rises to at least. */
const LEAST_RISE = 1;
/** Seconds between peaks, at least. */
const SPACING = 0.1;

/**
 * Local maxima of the mean absolute difference between neighboring gray frames (64×64), one standard deviation over the
 * clip's mean or higher, the higher first where two are closer than .1 s.
 *
 * @returns seconds of the later of the two frames, rising
 * @throws {MediaError} for what is wrong with the clip, or the signal's reason
 */
export async function frameDifferencePeaks(clip: Clip, { signal }: MediaOptions = {}): Promise<number[]> {
  const differences: number[] = [];
  const times: number[] = [];
  let last: Uint8Array | undefined;
  const format = { pixels: 'gray8' as const, size: { width: SIZE, height: SIZE } };
  for await (const { images, time } of clip.frames({ gray: format }, { signal })) {
    if (last) {
      let sum = 0;
      for (let i = 0; i < last.length; i++) sum += Math.abs(images.gray[i]! - last[i]!);
      differences.push(sum / last.length);
      times.push(time);
    }
    last = images.gray;
  }
  return peakTimes(differences, times);
}

function peakTimes(differences: readonly number[], times: readonly number[]): number[] {
  const mean = differences.reduce((a, b) => a + b, 0) / Math.max(1, differences.length);
  const variance = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0) / Math.max(1, differences.length);
  const least = mean + LEAST_RISE * Math.sqrt(variance);
  const peaks = [...differences.keys()]
    .filter((i) => {
      const here = differences[i]!;
      return here > 0 && here >= least && here > (differences[i - 1] ?? 0) && here >= (differences[i + 1] ?? 0);
    })
    .sort((a, b) => differences[b]! - differences[a]!);
  const kept: number[] = [];
  for (const i of peaks) {
    const time = times[i]!;
    if (kept.every((other) => Math.abs(other - time) >= SPACING)) kept.push(time);
  }
  return kept.sort((a, b) => a - b);
}
