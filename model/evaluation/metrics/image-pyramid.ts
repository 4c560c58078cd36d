/** Smoothed images at halved sizes, as OpenCV's Farnebäck flow makes them. */

/** To f32: OpenCV computes in it, and where neighboring frames are equal the flow depends on the last bit. */
const f = Math.fround;

/** No side of a level is shorter, in pixels. */
const SHORTEST = 32;

export interface Size {
  width: number;
  height: number;
}

export interface PyramidLevel extends Size {
  /** The Gaussian that the full-size image is smoothed with, from its center outward. */
  kernel: readonly number[];
}

/** The full size, and up to `most` halvings of it. */
export function pyramidLevels(width: number, height: number, most: number): PyramidLevel[] {
  const levels: PyramidLevel[] = [];
  for (let k = 0; k <= most; k++) {
    const scale = 2 ** -k;
    if (k > 0 && Math.min(width, height) * scale < SHORTEST) break;
    levels.push({
      width: roundHalfEven(width * scale),
      height: roundHalfEven(height * scale),
      kernel: kernelOf(scale),
    });
  }
  return levels;
}

/** A grey image at all levels: each smoothed at full size, then resized. */
export function imagePyramid(
  image: Uint8Array,
  width: number,
  height: number,
  levels: readonly PyramidLevel[],
): Float32Array[] {
  const full = Float32Array.from(image);
  return levels.map((level) => {
    const smooth = blurred(full, width, height, level.kernel);
    return resizeBilinear(smooth, { width, height }, level, 1);
  });
}

/** The half of a symmetric kernel from its center outward; without a reduction it is ¼, ½, ¼. */
function kernelOf(scale: number): readonly number[] {
  const sigma = (1 / scale - 1) / 2;
  if (sigma === 0) return [0.5, 0.25];
  const reach = Math.max(3, roundHalfEven(sigma * 5) | 1) >> 1;
  const weights = Array.from({ length: reach + 1 }, (_, x) => Math.exp(-(x * x) / (2 * sigma * sigma)));
  const sum = 2 * weights.reduce((a, b) => a + b) - 1;
  return weights.map((weight) => Math.fround(weight / sum));
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Mirrored at the edges, without repeating the edge pixel. */
function blurred(image: Float32Array, width: number, height: number, kernel: readonly number[]): Float32Array {
  const rows = new Float32Array(image.length);
  const out = new Float32Array(image.length);
  for (let y = 0; y < height; y++) {
    const at = y * width;
    for (let x = 0; x < width; x++) {
      let sum = kernel[0]! * image[at + x]!;
      for (let k = 1; k < kernel.length; k++) {
        sum += kernel[k]! * (image[at + mirrored(x - k, width)]! + image[at + mirrored(x + k, width)]!);
      }
      rows[at + x] = sum;
    }
  }
  for (let y = 0; y < height; y++) {
    const at = y * width;
    for (let x = 0; x < width; x++) out[at + x] = kernel[0]! * rows[at + x]!;
    for (let k = 1; k < kernel.length; k++) {
      const weight = kernel[k]!;
      const [above, below] = [mirrored(y - k, height) * width, mirrored(y + k, height) * width];
      for (let x = 0; x < width; x++) out[at + x]! += weight * (rows[above + x]! + rows[below + x]!);
    }
  }
  return out;
}

function mirrored(i: number, length: number): number {
  if (i >= 0 && i < length) return i;
  const last = length - 1;
  if (last === 0) return 0;
  const wrapped = Math.abs(i) % (2 * last);
  return wrapped <= last ? wrapped : 2 * last - wrapped;
}

/** Bilinear, with pixel centers at half-integers, edge pixels repeating outside: [height, width, channels]. */
export function resizeBilinear(image: Float32Array, from: Size, to: Size, channels: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(to.width * to.height * channels);
  const columns = Array.from({ length: to.width }, (_, x) => neighbors(x, from.width, to.width));
  for (let y = 0; y < to.height; y++) {
    const [top, bottom, fy] = neighbors(y, from.height, to.height);
    for (let x = 0; x < to.width; x++) {
      const [left, right, fx] = columns[x]!;
      const at = (y * to.width + x) * channels;
      for (let c = 0; c < channels; c++) {
        const above = top * from.width * channels + c;
        const below = bottom * from.width * channels + c;
        const first = f(f((1 - fx) * image[above + left * channels]!) + f(fx * image[above + right * channels]!));
        const second = f(f((1 - fx) * image[below + left * channels]!) + f(fx * image[below + right * channels]!));
        out[at + c] = f((1 - fy) * first) + f(fy * second);
      }
    }
  }
  return out;
}

/** Both source pixels of a target pixel, and the share of the second. */
function neighbors(i: number, from: number, to: number): [first: number, second: number, share: number] {
  const position = Math.fround(((i + 0.5) * from) / to - 0.5);
  const first = Math.floor(position);
  if (first < 0) return [0, 0, 0];
  if (first >= from - 1) return [from - 1, from - 1, 0];
  return [first, first + 1, position - first];
}
