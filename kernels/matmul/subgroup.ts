import { epilogueDefines, inputsWithEpilogue } from '../common/epilogue.js';
import { foldParams, type Images, imageOf, overImages, readAs } from '../image.js';
import { type DeviceProfile, type ImageShape, type Lowering, output, type Variant } from '../kernel.js';
import { refuseLanes, unlessSoftware } from '../software.js';
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
  refuses: (profile, problem) =>
    matmulSizes(problem).batch > profile.maxWorkgroupsPerDimension
      ? 'the batch exceeds the grid'
      : refuseLanes(profile),
  unsuited: unlessSoftware,
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
const LEAST_IMAGE_SIDE = 16;

/** The same over operands read as images, in wider tiles; one that has no image is read as the buffer it is. */
export const subgroupImage: Variant<MatmulProblem> = {
  ...overImages(
    subgroup,
    (profile, problem) => {
      const found = operandImages(profile, problem);
      const images = found.map((image) => (typeof image === 'string' ? undefined : image));
      return images.some((image) => image) ? images : (found[0] as string);
    },
    (profile, problem, images) => {
      const { m, n, k } = matmulSizes(problem);
      const lanes = profile.subgroups.min;
      const vecA = (problem.transposeA ? m : k) % 4 === 0;
      const vecB = (problem.transposeB ? k : n) % 4 === 0;
      const tiles = { rows: tileRows(m, lanes), columns: imageColumns(n, lanes), vecA, vecB, sweep: 0 };
      return lowerTiles(profile, problem, tiles, images);
    },
  ),
  unsuited(profile, problem) {
    const refusal = operandImages(profile, problem).find((image) => typeof image === 'string');
    if (refusal) return refusal;
    const { m, n } = matmulSizes(problem);
    return Math.min(m, n) < LEAST_IMAGE_SIDE
      ? 'too few rows or columns to pay for the copies'
      : unlessSoftware(profile);
  },
};

const operandImages = (profile: DeviceProfile, { inputs }: MatmulProblem): (ImageShape | string)[] =>
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
  images: Images = [],
): Lowering {
  const { m, n, k, batch, strideA, strideB } = matmulSizes(problem);
  const lanes = profile.subgroups.min;
  // Loads take a row of B for each lane in any order; stores are cheaper in fours.
  const vecC = vecB && n % 4 === 0 && columns % 4 === 0;
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
          VEC_C: vecC,
          K_TAIL: k % 4 !== 0,
          IMAGE_A: images[0] !== undefined,
          IMAGE_B: images[1] !== undefined,
          PANEL: sweep > 0 ? PANEL_COLUMNS : 0,
        },
        buffers: [...readAs(images, inputsWithEpilogue(problem, 2)), output()],
        params: {
          m,
          n,
          k,
          stride_a: strideA / (problem.transposeA ? m : k),
          stride_b: strideB / (problem.transposeB ? k : n),
          ...(sweep > 0 ? { sweep } : {}),
          ...foldParams(images),
        },
        workgroups: [Math.ceil(n / (lanes * columns * Math.max(1, sweep))), Math.ceil(m / rows), batch],
      },
    ],
    flops: matmulFlops(problem),
  };
}
