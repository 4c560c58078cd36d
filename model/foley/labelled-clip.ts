/** A video clip with its sound and the times of the events in it: the form in which the foley world gives its clips. */

/** A moment at which something is struck, with how hard. */
export interface SoundEvent {
  /** Seconds from the start of the clip. */
  time: number;
  /** Strength of the strike, in (0, 1]. */
  velocity: number;
}

export interface LabelledClip {
  /** Length of video and sound, in seconds. */
  seconds: number;
  /** Width and height of a frame, in pixels. */
  size: number;
  /** 1 = gray (luma), 3 = red, green, blue interleaved. */
  channels: 1 | 3;
  /** Row-major [frameCount, size, size, channels], 0–255. */
  frames: Uint8Array;
  frameCount: number;
  /** Seconds of each frame, rising, at the clip's own frame rate. */
  times: Float64Array;
  /** Mono at `SAMPLE_RATE`, in [−1, 1]. */
  sound: Float32Array;
  /** Sorted by time. */
  events: SoundEvent[];
}

/** Samples a second of the foley world's sound: the rate of the model that is trained on it. */
export const SAMPLE_RATE = 16_000;
