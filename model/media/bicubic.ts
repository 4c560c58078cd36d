/**
 * Bicubic resize of 8-bit pictures, antialiased, to the byte as Pillow does it (`Image.resize(…, BICUBIC)`): models that
 * were trained on its pictures see the same ones. Two passes, across and then down, with 8-bit pictures between them and
 * 22-bit fixed-point weights (Pillow's Resample.c is the definition; Keys' kernel with a = −0.5, widened when shrinking).
 */

const PRECISION_BITS = 22;
const A = -0.5;

interface Taps {
  /** First input sample of each output sample, and how many follow. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `width` fixed-point weights an output sample. */
  readonly weights: Int32Array;
  readonly width: number;
}

function kernel(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return ((A + 2) * x - (A + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * A;
  return 0;
}

function taps(from: number, to: number): Taps {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const reach = 2 * stretch;
  const width = Math.ceil(reach) * 2 + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Int32Array(to * width);
  for (let o = 0; o < to; o++) {
    const center = (o + 0.5) * scale;
    const begin = Math.max(0, Math.trunc(center - reach + 0.5));
    const end = Math.min(from, Math.trunc(center + reach + 0.5));
    const own = Array.from({ length: end - begin }, (_, i) => kernel((begin + i - center + 0.5) / stretch));
    const total = own.reduce((a, b) => a + b, 0);
    first[o] = begin;
    count[o] = end - begin;
    for (const [i, w] of own.entries()) {
      const fixed = (w / total) * 2 ** PRECISION_BITS;
      weights[o * width + i] = Math.trunc(fixed + (fixed < 0 ? -0.5 : 0.5));
    }
  }
  return { first, count, weights, width };
}

/** `rows × columns × channels` bytes in and out; sizes in pixels. */
export function resizeBicubic(
  pixels: Uint8Array,
  [rows, columns]: readonly [number, number],
  [outRows, outColumns]: readonly [number, number],
  channels: number,
): Uint8Array {
  const wide = outColumns === columns ? pixels : across(pixels, rows, columns, outColumns, channels);
  return outRows === rows ? wide.slice() : down(wide, rows, outRows, outColumns * channels);
}

function across(pixels: Uint8Array, rows: number, columns: number, outColumns: number, channels: number): Uint8Array {
  const { first, count, weights, width } = taps(columns, outColumns);
  const out = new Uint8Array(rows * outColumns * channels);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < outColumns; x++) {
      for (let c = 0; c < channels; c++) {
        let sum = 1 << (PRECISION_BITS - 1);
        for (let i = 0; i < count[x]!; i++) {
          sum += pixels[(y * columns + first[x]! + i) * channels + c]! * weights[x * width + i]!;
        }
        out[(y * outColumns + x) * channels + c] = clip8(sum);
      }
    }
  }
  return out;
}

function down(pixels: Uint8Array, rows: number, outRows: number, run: number): Uint8Array {
  const { first, count, weights, width } = taps(rows, outRows);
  const out = new Uint8Array(outRows * run);
  for (let y = 0; y < outRows; y++) {
    for (let x = 0; x < run; x++) {
      let sum = 1 << (PRECISION_BITS - 1);
      for (let i = 0; i < count[y]!; i++) sum += pixels[(first[y]! + i) * run + x]! * weights[y * width + i]!;
      out[y * run + x] = clip8(sum);
    }
  }
  return out;
}

const clip8 = (sum: number): number => Math.max(0, Math.min(255, sum >> PRECISION_BITS));
