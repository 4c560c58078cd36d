/**
 * Dense optical flow by polynomial expansion (Farnebäck, Two-Frame Motion Estimation Based on Polynomial Expansion, SCIA
 * 2003), with the parameters that AV-Align gives OpenCV's `calcOpticalFlowFarneback`: pyramid scale .5, 3 levels below
 * the full size, a box window of 15, 3 iterations, neighborhoods of 11 with σ 1.2.
 *
 * Only AV-Align uses it: its score is defined by what OpenCV computes, so borders and roundings follow OpenCV.
 */

import { EvaluationError } from '../errors.js';
import { imagePyramid, type PyramidLevel, pyramidLevels, resizeBilinear } from './image-pyramid.js';

/** To f32: OpenCV computes in it, and where neighboring frames are equal the flow depends on the last bit. */
const f = Math.fround;

const LEVELS = 3;
const ITERATIONS = 3;
/** Pixels on either side of the window's center. */
const WINDOW = 7;
/** Pixels on either side, and standard deviation, of the neighborhood that a polynomial is fitted to. */
const REACH = 5;
const SIGMA = 1.2;
/** Weights of the outermost pixels, whose neighborhoods lie partly outside. */
const BORDER = [0.14, 0.14, 0.4472, 0.4472, 0.4472].map(Math.fround);

/** Of each pixel: coefficients of y, x, y², x², xy, and of the normal equations: both interleaved. */
const CHANNELS = 5;

/**
 * Of each pair of successive frames, the mean length of the flow from one to the next, in pixels.
 *
 * @param frames grey, [height, width] each
 * @returns [frames − 1]
 * @throws {EvaluationError} for frames that are not of that size
 */
export function meanFlowMagnitudes(frames: readonly Uint8Array[], width: number, height: number): Float64Array {
  for (const [i, { length }] of frames.entries()) {
    if (length !== width * height) {
      throw new EvaluationError(
        `optical flow: frame ${i} has ${length} bytes; expected ${width} × ${height} = ${width * height}`,
      );
    }
  }
  const levels = pyramidLevels(width, height, LEVELS);
  const magnitudes = new Float64Array(Math.max(0, frames.length - 1));
  let before: Float32Array[] = [];
  for (const [i, frame] of frames.entries()) {
    const after = imagePyramid(frame, width, height, levels).map((image, k) => polynomials(image, levels[k]!));
    if (i > 0) magnitudes[i - 1] = meanLength(flowBetween(before, after, levels));
    before = after;
  }
  return magnitudes;
}

function meanLength(flow: Float32Array): number {
  let sum = 0;
  // As f32 each, as OpenCV's `magnitude` is.
  for (let i = 0; i < flow.length; i += 2) sum += Math.fround(Math.sqrt(flow[i]! ** 2 + flow[i + 1]! ** 2));
  return sum / (flow.length / 2);
}

/** From the coarsest level to the finest: [height, width, 2], x and y. */
function flowBetween(before: Float32Array[], after: Float32Array[], levels: readonly PyramidLevel[]): Float32Array {
  let flow = new Float32Array(0);
  for (let k = levels.length - 1; k >= 0; k--) {
    const level = levels[k]!;
    const coarser = levels[k + 1];
    flow = coarser ? doubled(flow, coarser, level) : new Float32Array(level.width * level.height * 2);
    for (let i = 0; i < ITERATIONS; i++) solve(normalEquations(before[k]!, after[k]!, flow, level), flow, level);
  }
  return flow;
}

/** The flow of a coarser level at the next one's resolution, where every distance is twice as long. */
function doubled(flow: Float32Array, from: PyramidLevel, to: PyramidLevel): Float32Array<ArrayBuffer> {
  const resized = resizeBilinear(flow, from, to, 2);
  for (let i = 0; i < resized.length; i++) resized[i]! *= 2;
  return resized;
}

/** The Gaussian, and it times x and x²: from 0 to `REACH`. */
const GAUSSIAN = (() => {
  const weights = Array.from({ length: REACH + 1 }, (_, x) => f(Math.exp(-(x * x) / (2 * SIGMA * SIGMA))));
  const sum = weights.reduce((total, weight, x) => total + (x === 0 ? weight : 2 * weight), 0);
  const g = weights.map((weight) => f(weight * (1 / sum)));
  return { g, xg: g.map((w, x) => f(w * x)), xxg: g.map((w, x) => f(w * x * x)) };
})();

/** The inverse of the Gram matrix of the basis 1, x, y, x², y², xy under the Gaussian; it couples 1, x² and y². */
const INVERSE = (() => {
  let [unit, second, fourth, mixed] = [0, 0, 0, 0];
  for (let y = -REACH; y <= REACH; y++) {
    for (let x = -REACH; x <= REACH; x++) {
      const weight = f(GAUSSIAN.g[Math.abs(y)]! * GAUSSIAN.g[Math.abs(x)]!);
      unit += weight;
      second += f(f(weight * x) * x);
      fourth += f(f(f(f(weight * x) * x) * x) * x);
      mixed += f(f(f(f(weight * x) * x) * y) * y);
    }
  }
  const determinant = unit * (fourth + mixed) - 2 * second * second;
  return {
    linear: 1 / second,
    constant: -second / determinant,
    square: (unit / determinant + 1 / (fourth - mixed)) / 2,
    mixed: 1 / mixed,
  };
})();

/** The polynomial nearest to each pixel's neighborhood, weighted by the Gaussian; edge pixels repeat outside. */
function polynomials(image: Float32Array, { width, height }: PyramidLevel): Float32Array {
  const { g, xg, xxg } = GAUSSIAN;
  const out = new Float32Array(width * height * CHANNELS);
  const column = new Float32Array((width + 2 * REACH) * 3);
  for (let y = 0; y < height; y++) {
    verticalMoments(image, width, height, y, column);
    for (let x = 0; x < width; x++) {
      const at = (x + REACH) * 3;
      let b1 = f(column[at]! * g[0]!);
      let by = f(column[at + 1]! * g[0]!);
      let byy = f(column[at + 2]! * g[0]!);
      let bx = 0;
      let bxx = 0;
      let bxy = 0;
      for (let k = 1; k <= REACH; k++) {
        const l = at - 3 * k;
        const r = at + 3 * k;
        const sum = f(column[r]! + column[l]!);
        b1 += sum * g[k]!;
        bxx += sum * xxg[k]!;
        bx += f(f(column[r]! - column[l]!) * xg[k]!);
        by += f(f(column[r + 1]! + column[l + 1]!) * g[k]!);
        bxy += f(f(column[r + 1]! - column[l + 1]!) * xg[k]!);
        byy += f(f(column[r + 2]! + column[l + 2]!) * g[k]!);
      }
      const to = (y * width + x) * CHANNELS;
      out[to] = by * INVERSE.linear;
      out[to + 1] = bx * INVERSE.linear;
      out[to + 2] = b1 * INVERSE.constant + byy * INVERSE.square;
      out[to + 3] = b1 * INVERSE.constant + bxx * INVERSE.square;
      out[to + 4] = bxy * INVERSE.mixed;
    }
  }
  return out;
}

/** Of each column around row y: the image weighted by the Gaussian, and by it times y and y²; [width + 2·REACH, 3]. */
function verticalMoments(image: Float32Array, width: number, height: number, y: number, column: Float32Array): void {
  const { g, xg, xxg } = GAUSSIAN;
  for (let x = 0; x < width; x++) {
    const to = (x + REACH) * 3;
    let zeroth = f(image[y * width + x]! * g[0]!);
    let first = 0;
    let second = 0;
    for (let k = 1; k <= REACH; k++) {
      const above = image[Math.max(0, y - k) * width + x]!;
      const below = image[Math.min(height - 1, y + k) * width + x]!;
      zeroth = f(zeroth + f(g[k]! * f(above + below)));
      first = f(first + f(xg[k]! * f(below - above)));
      second = f(second + f(xxg[k]! * f(above + below)));
    }
    column[to] = zeroth;
    column[to + 1] = first;
    column[to + 2] = second;
  }
  for (let k = 0; k < REACH; k++) {
    column.copyWithin(k * 3, REACH * 3, REACH * 3 + 3);
    column.copyWithin((width + REACH + k) * 3, (width + REACH - 1) * 3, (width + REACH) * 3);
  }
}

/**
 * Of each pixel, the normal equations of its displacement d, A·d = Δb: A is the mean of both quadratic forms, Δb half the
 * difference of the linear ones, taken where the present flow leads. Products AᵀA (3 numbers) and AᵀΔb (2), interleaved.
 */
function normalEquations(
  before: Float32Array,
  after: Float32Array,
  flow: Float32Array,
  { width, height }: PyramidLevel,
): Float32Array {
  const out = new Float32Array(width * height * CHANNELS);
  const moved = new Float64Array(CHANNELS);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const at = i * CHANNELS;
      const dx = flow[2 * i]!;
      const dy = flow[2 * i + 1]!;
      const inside = sample(after, width, height, Math.fround(x + dx), Math.fround(y + dy), moved);
      const weight = f(borderWeight(x, width) * borderWeight(y, height));
      let yy = inside ? f(f(before[at + 2]! + moved[2]!) * 0.5) : before[at + 2]!;
      let xx = inside ? f(f(before[at + 3]! + moved[3]!) * 0.5) : before[at + 3]!;
      let xy = inside ? f(f(before[at + 4]! + moved[4]!) * 0.25) : before[at + 4]! * 0.5;
      let by = f(f(before[at]! - (inside ? moved[0]! : 0)) * 0.5);
      let bx = f(f(before[at + 1]! - (inside ? moved[1]! : 0)) * 0.5);
      by = f(by + f(f(yy * dy) + f(xy * dx)));
      bx = f(bx + f(f(xy * dy) + f(xx * dx)));
      yy = f(yy * weight);
      xx = f(xx * weight);
      xy = f(xy * weight);
      by = f(by * weight);
      bx = f(bx * weight);
      out[at] = f(yy * yy) + f(xy * xy);
      out[at + 1] = f(yy + xx) * xy;
      out[at + 2] = f(xx * xx) + f(xy * xy);
      out[at + 3] = f(yy * by) + f(xy * bx);
      out[at + 4] = f(xy * by) + f(xx * bx);
    }
  }
  return out;
}

function borderWeight(i: number, length: number): number {
  return (BORDER[i] ?? 1) * (BORDER[length - 1 - i] ?? 1);
}

/** Interpolates all channels at a point; false where its four pixels are not all inside. */
function sample(
  polynomials: Float32Array,
  width: number,
  height: number,
  x: number,
  y: number,
  out: Float64Array,
): boolean {
  const left = Math.floor(x);
  const top = Math.floor(y);
  if (!(left >= 0 && left < width - 1 && top >= 0 && top < height - 1)) return false;
  const fx = f(x - left);
  const fy = f(y - top);
  const a00 = f(f(1 - fx) * f(1 - fy));
  const a01 = f(fx * f(1 - fy));
  const a10 = f(f(1 - fx) * fy);
  const a11 = f(fx * fy);
  const at = (top * width + left) * CHANNELS;
  const below = at + width * CHANNELS;
  for (let c = 0; c < CHANNELS; c++) {
    const upper = f(f(a00 * polynomials[at + c]!) + f(a01 * polynomials[at + CHANNELS + c]!));
    out[c] = f(f(upper + f(a10 * polynomials[below + c]!)) + f(a11 * polynomials[below + CHANNELS + c]!));
  }
  return true;
}

/** Averages the normal equations over the window around each pixel, edge pixels repeating outside, and solves them. */
function solve(equations: Float32Array, flow: Float32Array, { width, height }: PyramidLevel): void {
  const row = width * CHANNELS;
  const columns = new Float64Array(row);
  const clampedRow = (y: number): number => Math.min(height - 1, Math.max(0, y)) * row;
  for (let i = 0; i < row; i++) columns[i] = f(equations[i]! * (WINDOW + 2));
  for (let y = 1; y < WINDOW; y++) {
    const from = clampedRow(y);
    for (let i = 0; i < row; i++) columns[i]! += equations[from + i]!;
  }
  for (let y = 0; y < height; y++) {
    const entering = clampedRow(y + WINDOW);
    const leaving = clampedRow(y - WINDOW - 1);
    for (let i = 0; i < row; i++) columns[i]! += f(equations[entering + i]! - equations[leaving + i]!);
    solveRow(columns, flow, y * width * 2, width);
  }
}

function solveRow(columns: Float64Array, flow: Float32Array, to: number, width: number): void {
  const clamped = (x: number): number => Math.min(width - 1, Math.max(0, x)) * CHANNELS;
  const sums = new Float64Array(CHANNELS);
  for (let c = 0; c < CHANNELS; c++) {
    sums[c] = columns[c]! * (WINDOW + 2);
    for (let x = 1; x < WINDOW; x++) sums[c]! += columns[clamped(x) + c]!;
  }
  const scale = 1 / (2 * WINDOW + 1) ** 2;
  for (let x = 0; x < width; x++) {
    const entering = clamped(x + WINDOW);
    const leaving = clamped(x - WINDOW - 1);
    for (let c = 0; c < CHANNELS; c++) sums[c]! += columns[entering + c]! - columns[leaving + c]!;
    const yy = sums[0]! * scale;
    const xy = sums[1]! * scale;
    const xx = sums[2]! * scale;
    const by = sums[3]! * scale;
    const bx = sums[4]! * scale;
    const inverse = 1 / (yy * xx - xy * xy + 1e-3);
    flow[to + 2 * x] = (yy * bx - xy * by) * inverse;
    flow[to + 2 * x + 1] = (xx * by - xy * bx) * inverse;
  }
}
