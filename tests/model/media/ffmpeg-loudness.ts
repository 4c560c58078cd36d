/** Loudness by ffmpeg's own meter, to hold ours against. */

import { runTool } from '../../../model/media/ffmpeg.js';

export interface FfmpegLoudness {
  /** LUFS. */
  loudness: number;
  /** dBTP. */
  peak: number;
}

/** ffmpeg's ebur128 of mono samples. */
export async function ffmpegLoudness(samples: Float32Array, rate: number): Promise<FfmpegLoudness> {
  const { stderr } = await runTool(
    'ffmpeg',
    [
      ...['-hide_banner', '-nostats', '-f', 'f32le', '-ar', String(rate), '-ac', '1', '-i', 'pipe:0'],
      ...['-af', 'ebur128=peak=true:framelog=verbose', '-f', 'null', '-'],
    ],
    { input: [new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)] },
  );
  const figure = (pattern: RegExp): number => Number(pattern.exec(stderr)![1]);
  return {
    loudness: figure(/I:\s+(\S+) LUFS/),
    peak: figure(/Peak:\s+(\S+) dBFS/),
  };
}
