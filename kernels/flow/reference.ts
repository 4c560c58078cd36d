/** The same algorithm in f64, written plainly. */

import { FLOW_GRID, FLOW_LAMBDA, FLOW_LEVELS, FLOW_RADIUS, FLOW_STEPS } from './flow.js';

interface Image {
  width: number;
  height: number;
  data: Float64Array;
}

const hold = (x: number, most: number): number => Math.min(most, Math.max(0, x));

function halve({ width, height, data }: Image): Image {
  const [w, h] = [width >> 1, height >> 1];
  const at = (x: number, y: number): number => data[y * width + x]!;
  const half = Float64Array.from({ length: w * h }, (_, i) => {
    const [x, y] = [2 * (i % w), 2 * Math.floor(i / w)];
    return (at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1)) / 4;
  });
  return { width: w, height: h, data: half };
}

function bilinear({ width, height, data }: Image, x: number, y: number): number {
  const [px, py] = [hold(x, width - 1), hold(y, height - 1)];
  const [x0, y0] = [Math.floor(px), Math.floor(py)];
  const [x1, y1] = [Math.min(x0 + 1, width - 1), Math.min(y0 + 1, height - 1)];
  const row = (yy: number): number => data[yy * width + x0]! * (1 - (px - x0)) + data[yy * width + x1]! * (px - x0);
  return row(y0) * (1 - (py - y0)) + row(y1) * (py - y0);
}

/** Flow [height, width] of x and of y, in pixels. */
function flowReference(first: Image, second: Image): { u: Float64Array; v: Float64Array } {
  const firsts = [first];
  const seconds = [second];
  for (let l = 1; l < FLOW_LEVELS; l++) {
    firsts.push(halve(firsts[l - 1]!));
    seconds.push(halve(seconds[l - 1]!));
  }
  let u = new Float64Array(0);
  let v = new Float64Array(0);
  for (let l = FLOW_LEVELS - 1; l >= 0; l--) {
    const a = firsts[l]!;
    const b = seconds[l]!;
    const { width: w, height: h } = a;
    if (l === FLOW_LEVELS - 1) {
      u = new Float64Array(w * h);
      v = new Float64Array(w * h);
    } else {
      const grow = (data: Float64Array): Float64Array<ArrayBuffer> =>
        Float64Array.from(
          { length: w * h },
          (_, i) =>
            2 * bilinear({ width: w >> 1, height: h >> 1, data }, (i % w) * 0.5 - 0.25, Math.floor(i / w) * 0.5 - 0.25),
        );
      [u, v] = [grow(u), grow(v)];
    }
    const at = (x: number, y: number): number => a.data[hold(y, h - 1) * w + hold(x, w - 1)]!;
    const gx = Float64Array.from(
      { length: w * h },
      (_, i) => (at((i % w) + 1, Math.floor(i / w)) - at((i % w) - 1, Math.floor(i / w))) / 2,
    );
    const gy = Float64Array.from(
      { length: w * h },
      (_, i) => (at(i % w, Math.floor(i / w) + 1) - at(i % w, Math.floor(i / w) - 1)) / 2,
    );
    for (let step = 0; step < FLOW_STEPS; step++) {
      const error = Float64Array.from(
        { length: w * h },
        (_, i) => bilinear(b, (i % w) + u[i]!, Math.floor(i / w) + v[i]!) - a.data[i]!,
      );
      const [nextU, nextV] = [u.slice(), v.slice()];
      for (let y = 0; y < h; y++) {
        for (let x = 0; x < w; x++) {
          let [xx, xy, yy, rx, ry] = [FLOW_LAMBDA, 0, FLOW_LAMBDA, 0, 0];
          for (let j = Math.max(0, y - FLOW_RADIUS); j <= Math.min(h - 1, y + FLOW_RADIUS); j++) {
            for (let i = Math.max(0, x - FLOW_RADIUS); i <= Math.min(w - 1, x + FLOW_RADIUS); i++) {
              const k = j * w + i;
              xx += gx[k]! ** 2;
              xy += gx[k]! * gy[k]!;
              yy += gy[k]! ** 2;
              rx += gx[k]! * error[k]!;
              ry += gy[k]! * error[k]!;
            }
          }
          const det = xx * yy - xy * xy;
          const limit = (s: number): number => Math.min(1, Math.max(-1, s));
          nextU[y * w + x]! -= limit((yy * rx - xy * ry) / det);
          nextV[y * w + x]! -= limit((xx * ry - xy * rx) / det);
        }
      }
      [u, v] = [nextU, nextV];
    }
  }
  return { u, v };
}

/** [8, 8, 5] of one pair. */
export function flowCells(first: Image, second: Image, seconds: number): Float64Array {
  const { u, v } = flowReference(first, second);
  const { width, height } = first;
  const [w, h] = [width / FLOW_GRID, height / FLOW_GRID];
  const cells = new Float64Array(FLOW_GRID * FLOW_GRID * 5);
  for (let cell = 0; cell < FLOW_GRID * FLOW_GRID; cell++) {
    const sums = [0, 0, 0, 0];
    let top = 0;
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        const i = (Math.floor(cell / FLOW_GRID) * h + y) * width + (cell % FLOW_GRID) * w + x;
        const speed = Math.hypot(u[i]!, v[i]!);
        sums[0]! += u[i]!;
        sums[1]! += v[i]!;
        sums[2]! += speed;
        sums[3]! += Math.abs(second.data[i]! - first.data[i]!);
        top = Math.max(top, speed);
      }
    }
    const pace = 1 / (seconds * width);
    cells.set(
      [...sums.slice(0, 3).map((s) => (s / (w * h)) * pace), top * pace, sums[3]! / (w * h * seconds)],
      cell * 5,
    );
  }
  return cells;
}
