/** The parts of a sound that a network hears one by one. */

export interface WindowRule {
  /** Samples of the longest window. */
  longest: number;
  /** Samples of which the length of a shorter window is a multiple: each length needs a plan of its own. */
  step: number;
}

/**
 * Windows of one length that cover the whole sound. A sound of at most `longest` samples is one window, with zeros behind
 * it up to the next multiple of `step`, as clips were padded in the training of the networks. A longer one gives the least
 * number of windows of `longest` samples that cover it, evenly spaced from its beginning to its end, so that they overlap
 * and none is padded.
 */
export function soundWindows(sound: Float32Array, { longest, step }: WindowRule): Float32Array[] {
  if (sound.length <= longest) {
    const window = new Float32Array(Math.max(1, Math.ceil(sound.length / step)) * step);
    window.set(sound);
    return [window];
  }
  const count = Math.ceil(sound.length / longest);
  return Array.from({ length: count }, (_, i) => {
    const start = Math.round((i * (sound.length - longest)) / (count - 1));
    return sound.subarray(start, start + longest);
  });
}
