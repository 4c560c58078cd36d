/** The three directions of the convolution in f64, straight from the definition. */

import { sizeOf } from '../kernel.js';
import type { Convolution } from './geometry.js';

/** Calls `visit(x, w, y)` with the flat indices of every product that the convolution sums. */
function everyProduct(convolution: Convolution, visit: (x: number, w: number, y: number) => void): void {
  const [batch, h, width, channels] = convolution.x.shape as [number, number, number, number];
  const [, kernelH, kernelW, depth] = convolution.w.shape as [number, number, number, number];
  const [, outH, outW, outC] = convolution.y.shape as [number, number, number, number];
  const { stride, padding, dilation, groups } = convolution;
  for (let b = 0; b < batch; b++) {
    for (let oy = 0; oy < outH; oy++) {
      for (let ox = 0; ox < outW; ox++) {
        for (let ky = 0; ky < kernelH; ky++) {
          const iy = oy * stride[0] - padding[0] + ky * dilation[0];
          if (iy < 0 || iy >= h) continue;
          for (let kx = 0; kx < kernelW; kx++) {
            const ix = ox * stride[1] - padding[2] + kx * dilation[1];
            if (ix < 0 || ix >= width) continue;
            for (let o = 0; o < outC; o++) {
              const x = ((b * h + iy) * width + ix) * channels + Math.floor(o / (outC / groups)) * depth;
              const w = ((o * kernelH + ky) * kernelW + kx) * depth;
              const y = ((b * outH + oy) * outW + ox) * outC + o;
              for (let i = 0; i < depth; i++) visit(x + i, w + i, y);
            }
          }
        }
      }
    }
  }
}

export function convolve(convolution: Convolution, x: Float64Array, w: Float64Array): Float64Array {
  const y = new Float64Array(sizeOf(convolution.y.shape));
  everyProduct(convolution, (i, j, k) => {
    y[k]! += x[i]! * w[j]!;
  });
  return y;
}

export function inputGradient(convolution: Convolution, g: Float64Array, w: Float64Array): Float64Array {
  const x = new Float64Array(sizeOf(convolution.x.shape));
  everyProduct(convolution, (i, j, k) => {
    x[i]! += g[k]! * w[j]!;
  });
  return x;
}

export function weightGradient(convolution: Convolution, x: Float64Array, g: Float64Array): Float64Array {
  const w = new Float64Array(sizeOf(convolution.w.shape));
  everyProduct(convolution, (i, j, k) => {
    w[j]! += g[k]! * x[i]!;
  });
  return w;
}
