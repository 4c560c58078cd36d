import { epilogueDefines, inputsWithEpilogue } from '../common/epilogue.js';
import { bytesPerElement, type DeviceProfile, output, type Variant } from '../kernel.js';
import { type MatmulProblem, matmulFlops, matmulSizes, matmulTypes } from './problem.js';

/** Relative time of a tile by its rows, measured on lavapipe: lower tiles load B as often for less work. */
const TILE_COST: readonly (readonly [rows: number, cost: number])[] = [
  [32, 1],
  [16, 0.6],
  [8, 0.4],
];

/** Rows of the tile that cover `m` rows in the least time. */
function tileRows(m: number, lanes: number): number {
  let best = 32;
  let least = Number.POSITIVE_INFINITY;
  for (const [rows, cost] of TILE_COST) {
    const total = Math.ceil(m / rows) * cost;
    if (rows % lanes === 0 && total < least) {
      best = rows;
      least = total;
    }
  }
  return best;
}

/** Bytes of workgroup memory for rows of A; column tiles that make staging them worthwhile; workgroups to keep busy. */
const PANEL_BYTES = 32768;
const PANEL_TILES = 4;
const PANEL_GROUPS = 8;

interface Panel {
  rows: number;
  columns: number;
  /** Tiles of columns that a workgroup passes over. */
  sweep: number;
}

/** How to stage rows of A, where that pays: a low product with several tiles of columns. */
function panelOf(profile: DeviceProfile, problem: MatmulProblem, lanes: number): Panel | null {
  const { m, n, k, batch } = matmulSizes(problem);
  const tiles = Math.ceil(n / (4 * lanes));
  if (problem.transposeA || k % 4 !== 0 || m < 32 || tiles < PANEL_TILES) return null;
  const bytes = Math.min(PANEL_BYTES, profile.maxWorkgroupStorage);
  for (const rows of [64, 32]) {
    const most = bytes / (rows * bytesPerElement[problem.inputs[0]!.dtype]);
    if (k > most || (rows > 32 && m % rows !== 0 && m < 8 * rows)) continue;
    // Few lengths, so that few pipelines serve all.
    const columns = [most / 4, most / 2, most].find((length) => k <= length)!;
    const groups = Math.ceil(m / rows) * batch;
    return { rows, columns, sweep: Math.ceil(tiles / Math.min(tiles, Math.ceil(PANEL_GROUPS / groups))) };
  }
  return null;
}

/** Outer products in registers, one subgroup a workgroup: for drivers whose lanes are the SIMD lanes of a CPU. */
export const subgroup: Variant<MatmulProblem> = {
  name: 'subgroup',
  refuses(profile, problem) {
    const { supported, min, max } = profile.subgroups;
    if (!supported) return 'the device has no subgroup operations';
    if (min !== max || (min !== 8 && min !== 16))
      return `needs subgroups of exactly 8 or 16 lanes, not ${min} to ${max}`;
    if (matmulSizes(problem).batch > profile.maxWorkgroupsPerDimension) return 'the batch exceeds the grid';
    return null;
  },
  unsuited: (profile) => (profile.kind === 'software' ? null : 'made for software drivers'),
  lower(profile, problem) {
    const { m, n, k, batch, strideA, strideB } = matmulSizes(problem);
    const lanes = profile.subgroups.min;
    const vecA = (problem.transposeA ? m : k) % 4 === 0;
    const narrow = n <= 2 * lanes;
    // With B as [K, N] a lane holds four neighbouring columns, which wastes lanes on narrow outputs.
    const vecB = problem.transposeB ? k % 4 === 0 : n % 4 === 0 && !narrow;
    const panel = panelOf(profile, problem, lanes);
    const rows = panel?.rows ?? tileRows(m, lanes);
    const columns = narrow ? Math.ceil(n / lanes) : 4;
    const vecC = vecB && !problem.transposeB;
    return {
      variant: 'subgroup',
      calls: [
        {
          template: 'matmul/subgroup',
          defines: {
            ...matmulTypes(problem),
            ...epilogueDefines(problem, 2, vecC ? 'vec4f' : 'f32'),
            LANES: lanes,
            TM: rows,
            TN: columns,
            VEC_A: vecA,
            VEC_B: vecB,
            K_TAIL: k % 4 !== 0,
            PANEL: panel?.columns ?? 0,
          },
          buffers: [...inputsWithEpilogue(problem, 2), output()],
          params: { m, n, k, stride_a: strideA, stride_b: strideB, ...(panel ? { sweep: panel.sweep } : {}) },
          workgroups: [Math.ceil(n / (lanes * columns * (panel?.sweep ?? 1))), Math.ceil(m / rows), batch],
        },
      ],
      flops: matmulFlops(problem),
    };
  },
};
