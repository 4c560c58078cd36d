/** How a signal is cut into frames: shared by the forward transform, the inverse one, and their references. */

export interface FramingAttributes {
  /** Samples from one frame to the next. */
  hop: number;
  /** Samples of padding before the signal; frame t covers samples t·hop − left … t·hop − left + nFft − 1. */
  left: number;
  /** Padding mirrors the signal (torch's `reflect`); else it is zero. Mirroring needs left < samples. */
  mirror: boolean;
  /** Factor of the bins 0 and nFft/2, and of the others. */
  edge: number;
  interior: number;
  /** Where positive, samples are divided by Σ w² over the frames that cover them, or by this where that is less. */
  envelope: number;
}

/** Sizes read off a signal [B, S], a window [nFft], and a spectrum [B, T, nFft/2 + 1, …]. */
export interface FramingSizes {
  batch: number;
  samples: number;
  frames: number;
  nFft: number;
  bins: number;
  /** Length of a padded row: every frame, rounded up to whole `vec4`s. */
  stride: number;
}

export function framingSizes(
  signal: readonly number[],
  window: readonly number[],
  spectrum: readonly number[],
  hop: number,
): FramingSizes {
  const [batch, samples] = signal as [number, number];
  const frames = spectrum[1]!;
  const nFft = window[0]!;
  return {
    batch,
    samples,
    frames,
    nFft,
    bins: nFft / 2 + 1,
    stride: Math.ceil(((frames - 1) * hop + nFft) / 4) * 4,
  };
}

/** Sizes whose real FFT the register kernels know: 32 columns times rows of a few small radices. */
export function rowRadices(nFft: number): number[] | null {
  const row = nFft / 32;
  if (!Number.isInteger(row) || row % 4 !== 0 || row > 64) return null;
  return radices(row, 3);
}

/** `n` as a product of at most `most` radices of 4, 5, 3 and 2, or null. */
export function radices(n: number, most: number): number[] | null {
  const found: number[] = [];
  for (const radix of [4, 5, 3, 2]) {
    while (n % radix === 0) {
      found.push(radix);
      n /= radix;
    }
  }
  return n === 1 && found.length > 0 && found.length <= most ? found : null;
}
