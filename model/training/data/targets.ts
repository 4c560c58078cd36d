/** What the alignment heads learn to see: when things are struck, and how loud it is (both at 100 Hz by default). */
import { SAMPLE_RATE, type SoundEvent } from '../../foley/labelled-clip.js';

const ONSET_SIGMA = 0.012;

/**
 * A Gaussian bump (σ 12 ms, height 1) at each event; where bumps overlap, the higher.
 *
 * @returns [round(seconds · hz)], 0–1; sample i stands for the time (i + ½) / hz
 */
export function onsetTrack(
  events: readonly Pick<SoundEvent, 'time'>[],
  seconds: number,
  hz: number = 100,
): Float32Array {
  const track = new Float32Array(Math.round(seconds * hz));
  const reach = Math.ceil(4 * ONSET_SIGMA * hz);
  for (const { time } of events) {
    const middle = Math.floor(time * hz);
    for (let i = Math.max(0, middle - reach); i <= Math.min(track.length - 1, middle + reach); i++) {
      const away = ((i + 0.5) / hz - time) / ONSET_SIGMA;
      track[i] = Math.max(track[i], Math.exp(-0.5 * away * away));
    }
  }
  return track;
}

/** The energy target of a stretch of sound with this mean square. */
export const energyOf = (meanSquare: number): number => Math.log(Math.sqrt(meanSquare) + 1e-3) / 3.5 + 1.2;

/**
 * How loud each frame is: log(root mean square + 1e-3) / 3.5 + 1.2, about −.8 for silence and 1.2 for full scale.
 *
 * @param sound mono, 16 kHz, in [−1, 1]
 * @returns [floor(seconds · hz)]
 */
export function energyTrack(sound: Float32Array, hz: number = 100): Float32Array {
  const frame = Math.round(SAMPLE_RATE / hz);
  const track = new Float32Array(Math.floor(sound.length / frame));
  for (let i = 0; i < track.length; i++) {
    let sum = 0;
    for (let n = i * frame; n < (i + 1) * frame; n++) sum += sound[n] * sound[n];
    track[i] = energyOf(sum / frame);
  }
  return track;
}
