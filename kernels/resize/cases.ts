import type { FamilyCases } from '../cases.js';
import { sizeOf } from '../kernel.js';
import { type ResizeMethod, type ResizeProblem, resizeFamily } from './resize.js';

/** The Keys cubic with a = −0.5. */
function cubic(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return 1.5 * t ** 3 - 2.5 * t ** 2 + 1;
  return t < 2 ? -0.5 * t ** 3 + 2.5 * t ** 2 - 4 * t + 2 : 0;
}

/** Row `o` of the matrix [to, from] that resizes one axis; cubic as in PIL's `precompute_coeffs`. */
function filterRow(method: ResizeMethod, o: number, from: number, to: number): number[] {
  const scale = from / to;
  const row = Array.from({ length: from }, (_, i) => {
    if (method === 'nearest') return Number(Math.floor((o * from) / to) === i);
    if (method === 'area') return Math.max(0, Math.min((o + 1) * from, (i + 1) * to) - Math.max(o * from, i * to));
    return cubic((i + 0.5 - (o + 0.5) * scale) / Math.max(scale, 1));
  });
  const total = row.reduce((sum, w) => sum + w, 0);
  return row.map((w) => w / total);
}

function matrix(method: ResizeMethod, adjoint: boolean, from: number, to: number): number[][] {
  if (!adjoint) return Array.from({ length: to }, (_, o) => filterRow(method, o, from, to));
  const rows = matrix(method, false, to, from);
  return Array.from({ length: to }, (_, o) => rows.map((row) => row[o]!));
}

const perf = (method: ResizeMethod, x: readonly number[], y: readonly number[]): ResizeProblem => ({
  inputs: [{ shape: x, dtype: 'f32' }],
  outputs: [{ shape: y, dtype: 'f32' }],
  method,
  adjoint: false,
});

export const cases: FamilyCases<ResizeProblem> = {
  family: resizeFamily,
  reference(problem, [x]) {
    const [batch, h, w, channels] = problem.inputs[0]!.shape as [number, number, number, number];
    const [, outH, outW] = problem.outputs[0]!.shape as [number, number, number, number];
    const down = matrix(problem.method, problem.adjoint, h, outH);
    const across = matrix(problem.method, problem.adjoint, w, outW);
    const y = new Float64Array(sizeOf(problem.outputs[0]!.shape));
    for (let b = 0; b < batch; b++) {
      for (let oy = 0; oy < outH; oy++) {
        for (let ox = 0; ox < outW; ox++) {
          for (let c = 0; c < channels; c++) {
            let sum = 0;
            for (let i = 0; i < h; i++) {
              for (let j = 0; j < w; j++) {
                sum += down[oy]![i]! * across[ox]![j]! * x![((b * h + i) * w + j) * channels + c]!;
              }
            }
            y[((b * outH + oy) * outW + ox) * channels + c] = sum;
          }
        }
      }
    }
    return [y];
  },
  random(random, dtype) {
    const batch = random.int(1, 2);
    const channels = random.bool() ? 4 * random.int(1, 3) : random.int(1, 5);
    const side = (): number => random.int(1, 14);
    const from = [side(), side()];
    const to = random.bool() ? [side(), side()] : random.bool() ? from.map((n) => 2 * n) : [from[0]!, side()];
    return {
      inputs: [{ shape: [batch, ...from, channels], dtype }],
      outputs: [{ shape: [batch, ...to, channels], dtype }],
      method: random.pick(['nearest', 'area', 'cubic']),
      adjoint: random.bool(),
    };
  },
  perf: [
    { name: 'cubic 1280×720 → 224×126', problem: perf('cubic', [1, 720, 1280, 3], [1, 126, 224, 3]) },
    { name: 'area 640×360 → 128×72', problem: perf('area', [8, 360, 640, 3], [8, 72, 128, 3]) },
    { name: 'nearest ×2 C320 32×32', problem: perf('nearest', [1, 32, 32, 320], [1, 64, 64, 320]) },
  ],
};
