/** Whether two sounds are loud at the same time. */

/** 25 ms at 16 kHz. */
const FRAME = 400;
const FLOOR = 1e-3;

/** log(root mean square + .001) of frames of 25 ms, without overlap: [floor(samples / 400)]. */
export function logEnvelope(sound: Float32Array): Float64Array {
  const envelope = new Float64Array(Math.floor(sound.length / FRAME));
  for (let i = 0; i < envelope.length; i++) {
    let sum = 0;
    for (let n = i * FRAME; n < (i + 1) * FRAME; n++) sum += sound[n]! * sound[n]!;
    envelope[i] = Math.log(Math.sqrt(sum / FRAME) + FLOOR);
  }
  return envelope;
}

/**
 * Pearson's correlation of both log envelopes over their common length, −1…1; 0 where either does not change at all.
 *
 * @param a mono, 16 kHz
 * @param b mono, 16 kHz
 */
export function envelopeCorrelation(a: Float32Array, b: Float32Array): number {
  const x = logEnvelope(a);
  const y = logEnvelope(b);
  const count = Math.min(x.length, y.length);
  let meanX = 0;
  let meanY = 0;
  for (let i = 0; i < count; i++) {
    meanX += x[i]! / count;
    meanY += y[i]! / count;
  }
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < count; i++) {
    xy += (x[i]! - meanX) * (y[i]! - meanY);
    xx += (x[i]! - meanX) ** 2;
    yy += (y[i]! - meanY) ** 2;
  }
  // Rounding leaves a trace of variance in a constant.
  return xx < 1e-12 || yy < 1e-12 ? 0 : xy / Math.sqrt(xx * yy);
}
