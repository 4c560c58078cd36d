import { epilogueDefines, inputsWithEpilogue } from '../common/epilogue.js';
import { type DeviceProfile, output, type Variant } from '../kernel.js';
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

/** A panel of 64 rows by 128 columns of f32 fills 32 KiB; it pays from this many tiles of columns on. */
const PANEL_ROWS = 64;
const PANEL_COLUMNS = 128;
const PANEL_TILES = 4;
/** Workgroups that keep a processor's cores evenly busy. */
const PANEL_GROUPS = 8;

/** Tiles of columns that a workgroup passes over with its rows of A staged, or 0 where staging does not pay. */
function panelSweep(profile: DeviceProfile, problem: MatmulProblem, lanes: number): number {
  const { m, n, k, batch } = matmulSizes(problem);
  const tiles = Math.ceil(n / (4 * lanes));
  if (problem.transposeA || problem.inputs[0]!.dtype !== 'f32' || k % 4 !== 0 || k > PANEL_COLUMNS) return 0;
  if (m < PANEL_ROWS || tiles < PANEL_TILES || PANEL_ROWS * PANEL_COLUMNS * 4 > profile.maxWorkgroupStorage) return 0;
  const groups = Math.ceil(m / PANEL_ROWS) * batch;
  return Math.ceil(tiles / Math.min(tiles, Math.ceil(PANEL_GROUPS / groups)));
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
    const sweep = panelSweep(profile, problem, lanes);
    const rows = sweep > 0 ? PANEL_ROWS : tileRows(m, lanes);
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
            PANEL: sweep > 0 ? PANEL_COLUMNS : 0,
          },
          buffers: [...inputsWithEpilogue(problem, 2), output()],
          params: { m, n, k, stride_a: strideA, stride_b: strideB, ...(sweep > 0 ? { sweep } : {}) },
          workgroups: [Math.ceil(n / (lanes * columns * Math.max(1, sweep))), Math.ceil(m / rows), batch],
        },
      ],
      flops: matmulFlops(problem),
    };
  },
};
