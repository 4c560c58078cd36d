import { epilogueDefines, inputsWithEpilogue } from '../common/epilogue.js';
import { asImage, foldOf, imageOf } from '../image.js';
import { type DeviceProfile, type ImageShape, type Lowering, output, type Variant } from '../kernel.js';
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

function refuseSubgroups(
  { subgroups, maxWorkgroupsPerDimension }: DeviceProfile,
  problem: MatmulProblem,
): string | null {
  const { supported, min, max } = subgroups;
  if (!supported) return 'the device has no subgroup operations';
  if (min !== max || (min !== 8 && min !== 16)) return `needs subgroups of exactly 8 or 16 lanes, not ${min} to ${max}`;
  return matmulSizes(problem).batch > maxWorkgroupsPerDimension ? 'the batch exceeds the grid' : null;
}

/** Outer products in registers, one subgroup a workgroup: for drivers whose lanes are the SIMD lanes of a CPU. */
export const subgroup: Variant<MatmulProblem> = {
  name: 'subgroup',
  refuses: refuseSubgroups,
  unsuited: ({ kind }) => (kind === 'software' ? null : 'made for software drivers'),
  lower(profile, problem) {
    const { m, n, k } = matmulSizes(problem);
    const lanes = profile.subgroups.min;
    const narrow = n <= 2 * lanes;
    const sweep = panelSweep(profile, problem, lanes);
    return lowerTiles(profile, problem, {
      rows: sweep > 0 ? PANEL_ROWS : tileRows(m, lanes),
      columns: narrow ? Math.ceil(n / lanes) : 4,
      vecA: (problem.transposeA ? m : k) % 4 === 0,
      // With B as [K, N] a lane holds four neighbouring columns, which wastes lanes on narrow outputs.
      vecB: problem.transposeB ? k % 4 === 0 : n % 4 === 0 && !narrow,
      sweep,
    });
  },
};

/** Below this many rows or columns the loads are no longer what takes the time; measured on lavapipe. */
const LEAST_IMAGE_SIDE = 32;

/** The same over operands read as images, in wider tiles; one that has no image is read as the buffer it is. */
export const subgroupImage: Variant<MatmulProblem> = {
  name: 'subgroup-image',
  refuses(profile, problem) {
    const [a, b] = imagesOf(profile, problem);
    return refuseSubgroups(profile, problem) ?? (typeof a === 'string' && typeof b === 'string' ? a : null);
  },
  unsuited(profile, problem) {
    if (profile.kind !== 'software') return 'made for software drivers';
    const refusal = imagesOf(profile, problem).find((image) => typeof image === 'string');
    if (typeof refusal === 'string') return refusal;
    const { m, n } = matmulSizes(problem);
    return Math.min(m, n) < LEAST_IMAGE_SIDE ? 'too few rows or columns to pay for the copies' : null;
  },
  lower(profile, problem) {
    const { m, n, k } = matmulSizes(problem);
    const lanes = profile.subgroups.min;
    return lowerTiles(
      profile,
      problem,
      {
        rows: tileRows(m, lanes),
        columns: imageColumns(n, lanes),
        vecA: (problem.transposeA ? m : k) % 4 === 0,
        vecB: (problem.transposeB ? k : n) % 4 === 0,
        sweep: 0,
      },
      imagesOf(profile, problem),
    );
  },
};

const imagesOf = (profile: DeviceProfile, { inputs }: MatmulProblem): (ImageShape | string)[] =>
  inputs.slice(0, 2).map((type) => imageOf(profile, type));

/** Columns a lane: a tile of eight takes 1.85 times as long as one of four. */
function imageColumns(n: number, lanes: number): number {
  return 1.85 * Math.ceil(n / (8 * lanes)) < Math.ceil(n / (4 * lanes)) ? 8 : 4;
}

interface Tiles {
  rows: number;
  /** A lane. */
  columns: number;
  vecA: boolean;
  vecB: boolean;
  sweep: number;
}

function lowerTiles(
  profile: DeviceProfile,
  problem: MatmulProblem,
  { rows, columns, vecA, vecB, sweep }: Tiles,
  images?: readonly (ImageShape | string)[],
): Lowering {
  const { m, n, k, batch, strideA, strideB } = matmulSizes(problem);
  const lanes = profile.subgroups.min;
  const vecC = vecB && !problem.transposeB;
  return {
    variant: images ? 'subgroup-image' : 'subgroup',
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
          IMAGE_A: foldOf(images?.[0]),
          IMAGE_B: foldOf(images?.[1]),
          PANEL: sweep > 0 ? PANEL_COLUMNS : 0,
        },
        buffers: [
          ...inputsWithEpilogue(problem, 2).map((ref) => {
            const image = images?.[ref.index];
            return typeof image === 'object' ? asImage(ref, image) : ref;
          }),
          output(),
        ],
        params: {
          m,
          n,
          k,
          stride_a: strideA / (problem.transposeA ? m : k),
          stride_b: strideB / (problem.transposeB ? k : n),
          ...(sweep > 0 ? { sweep } : {}),
        },
        workgroups: [Math.ceil(n / (lanes * columns * Math.max(1, sweep))), Math.ceil(m / rows), batch],
      },
    ],
    flops: matmulFlops(problem),
  };
}
