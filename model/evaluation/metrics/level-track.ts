/** The level of a sound over time. */

export interface LevelTrack {
  /** dBFS of the root mean square of each frame, not below −100. */
  levels: Float64Array;
  /** Of a frame. */
  seconds: number;
}

const FLOOR = 1e-5;

/** Levels of frames of 10 ms, without overlap; a sound shorter than a frame has one. */
export function levelTrack(sound: Float32Array, sampleRate: number): LevelTrack {
  const size = Math.max(1, Math.round(0.01 * sampleRate));
  const levels = new Float64Array(Math.max(1, Math.floor(sound.length / size)));
  for (let f = 0; f < levels.length; f++) {
    let power = 0;
    for (let i = f * size; i < Math.min(sound.length, (f + 1) * size); i++) power += sound[i]! ** 2 / size;
    levels[f] = 20 * Math.log10(Math.max(FLOOR, Math.sqrt(power)));
  }
  return { levels, seconds: size / sampleRate };
}
