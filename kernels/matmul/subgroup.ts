import { epilogueDefines, inputsWithEpilogue } from '../common/epilogue.js';
import { type DeviceProfile, type Lowering, output, type TextureLayout, type Variant } from '../kernel.js';
import { preferOnSoftware, unsupportedLanes } from '../software.js';
import {
  readThroughTextures,
  type TextureLayouts,
  textureLayoutOf,
  textureParams,
  withTextures,
} from '../texture-operand.js';
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
const A_TILE_ROWS = 64;
const A_TILE_COLUMNS = 128;
const LEAST_COLUMN_TILES = 4;
/** Workgroups that keep a processor's cores evenly busy. */
const BUSY_GROUPS = 8;

/** Tiles of columns that a workgroup passes over with its rows of A staged, or 0 where staging does not pay. */
function columnTilesPerGroup(profile: DeviceProfile, problem: MatmulProblem, lanes: number): number {
  const { m, n, k, batch } = matmulSizes(problem);
  const tiles = Math.ceil(n / (4 * lanes));
  if (problem.transposeA || problem.inputs[0]!.dtype !== 'f32' || k % 4 !== 0 || k > A_TILE_COLUMNS) return 0;
  if (m < A_TILE_ROWS || tiles < LEAST_COLUMN_TILES || A_TILE_ROWS * A_TILE_COLUMNS * 4 > profile.maxWorkgroupStorage)
    return 0;
  const groups = Math.ceil(m / A_TILE_ROWS) * batch;
  return Math.ceil(tiles / Math.min(tiles, Math.ceil(BUSY_GROUPS / groups)));
}

/** Outer products in registers, one subgroup a workgroup: for drivers whose lanes are the SIMD lanes of a CPU. */
export const subgroup: Variant<MatmulProblem> = {
  name: 'subgroup',
  unsupportedReason: (profile, problem) =>
    matmulSizes(problem).batch > profile.maxWorkgroupsPerDimension
      ? 'the batch exceeds the grid'
      : unsupportedLanes(profile),
  notPreferredReason: preferOnSoftware,
  lower(profile, problem) {
    const { m, n, k } = matmulSizes(problem);
    const lanes = profile.subgroups.min;
    const narrow = n <= 2 * lanes;
    const columnTiles = columnTilesPerGroup(profile, problem, lanes);
    return lowerTiles(profile, problem, {
      rows: columnTiles > 0 ? A_TILE_ROWS : tileRows(m, lanes),
      columns: narrow ? Math.ceil(n / lanes) : 4,
      vecA: (problem.transposeA ? m : k) % 4 === 0,
      // With B as [K, N] a lane holds four neighbouring columns, which wastes lanes on narrow outputs.
      vecB: problem.transposeB ? k % 4 === 0 : n % 4 === 0 && !narrow,
      columnTiles,
    });
  },
};

/** Below this many rows or columns the loads are no longer what takes the time; measured on lavapipe. */
const LEAST_TEXTURE_SIDE = 16;

/** The same over operands read as textures, in wider tiles; one that has no texture is read as the buffer it is. */
export const subgroupTexture: Variant<MatmulProblem> = {
  ...withTextures(
    subgroup,
    (profile, problem) => {
      const found = operandTextures(profile, problem);
      const textures = found.map((texture) => (typeof texture === 'string' ? undefined : texture));
      return textures.some((texture) => texture) ? textures : (found[0] as string);
    },
    (profile, problem, textures) => {
      const { m, n, k } = matmulSizes(problem);
      const lanes = profile.subgroups.min;
      const vecA = (problem.transposeA ? m : k) % 4 === 0;
      const vecB = (problem.transposeB ? k : n) % 4 === 0;
      const tiles = { rows: tileRows(m, lanes), columns: textureColumns(n, lanes), vecA, vecB, columnTiles: 0 };
      return lowerTiles(profile, problem, tiles, textures);
    },
  ),
  notPreferredReason(profile, problem) {
    const reason = operandTextures(profile, problem).find((texture) => typeof texture === 'string');
    if (reason) return reason;
    const { m, n } = matmulSizes(problem);
    return Math.min(m, n) < LEAST_TEXTURE_SIDE
      ? 'too few rows or columns to pay for the copies'
      : preferOnSoftware(profile);
  },
};

const operandTextures = (profile: DeviceProfile, { inputs }: MatmulProblem): (TextureLayout | string)[] =>
  inputs.slice(0, 2).map((type) => textureLayoutOf(profile, type));

/** Columns a lane: a tile of eight takes 1.85 times as long as one of four. */
function textureColumns(n: number, lanes: number): number {
  return 1.85 * Math.ceil(n / (8 * lanes)) < Math.ceil(n / (4 * lanes)) ? 8 : 4;
}

interface Tiles {
  rows: number;
  /** A lane. */
  columns: number;
  vecA: boolean;
  vecB: boolean;
  columnTiles: number;
}

function lowerTiles(
  profile: DeviceProfile,
  problem: MatmulProblem,
  { rows, columns, vecA, vecB, columnTiles }: Tiles,
  textures: TextureLayouts = [],
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
          TEXTURE_A: textures[0] !== undefined,
          TEXTURE_B: textures[1] !== undefined,
          A_TILE_COLUMNS: columnTiles > 0 ? A_TILE_COLUMNS : 0,
        },
        buffers: [...readThroughTextures(textures, inputsWithEpilogue(problem, 2)), output()],
        params: {
          m,
          n,
          k,
          stride_a: strideA / (problem.transposeA ? m : k),
          stride_b: strideB / (problem.transposeB ? k : n),
          ...(columnTiles > 0 ? { column_tiles: columnTiles } : {}),
          ...textureParams(textures),
        },
        workgroups: [Math.ceil(n / (lanes * columns * Math.max(1, columnTiles))), Math.ceil(m / rows), batch],
      },
    ],
    flops: matmulFlops(problem),
  };
}
