/** What a training example is, whether it was made by the foley world or read from footage. */

/** A moment at which something is struck, with how hard. */
export interface SoundEvent {
  /** Seconds from the start of the clip. */
  time: number;
  /** Strength of the strike, in (0, 1]; 1 where it is not known. */
  velocity: number;
}

/** Pictures with their own time stamps, the sound that belongs to them, and when things are struck. */
export interface LabelledClip {
  /** Length of picture and sound, in seconds. */
  seconds: number;
  /** Pixels a side; pictures are square. */
  size: number;
  /** 1 = grey (luma), 3 = red, green, blue interleaved. */
  channels: 1 | 3;
  /** Every frame one after another, row by row: [frameCount, size, size, channels], 0–255. */
  frames: Uint8Array;
  frameCount: number;
  /** Seconds of each frame, rising, at the source's own rate (not at the model's 25 Hz). */
  times: Float64Array;
  /** Mono, 16 kHz, in [-1, 1]. */
  sound: Float32Array;
  /** Sorted by time. */
  events: SoundEvent[];
}

/** All sound inside the project is mono at this rate, in Hz. */
export const SAMPLE_RATE = 16_000;

/**
 * The index of the frame shown at each tick of a steady clock: the newest frame not later than the middle of the tick.
 *
 * @param times frame times in seconds, rising
 * @param hz ticks a second
 * @param ticks how many ticks from time 0
 */
export function frameShownAt(times: ArrayLike<number>, hz: number, ticks: number): Int32Array {
  const shown = new Int32Array(ticks);
  let frame = 0;
  for (let tick = 0; tick < ticks; tick++) {
    const middle = (tick + 0.5) / hz;
    while (frame + 1 < times.length && times[frame + 1] <= middle) frame++;
    shown[tick] = frame;
  }
  return shown;
}
