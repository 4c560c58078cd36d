import { epilogueDefines, inputsWithEpilogue } from '../common/epilogue.js';
import { output, type Variant } from '../kernel.js';
import { type MatmulProblem, matmulFlops, matmulSizes, matmulTypes } from './problem.js';

/** Both shapes have 256 threads and 16 KiB of tiles. */
const LARGE = { BM: 128, BN: 128, BK: 16, RM: 8, RN: 8 };
const SMALL = { BM: 64, BN: 64, BK: 32, RM: 4, RN: 4 };
/** Below this many large tiles a GPU has idle cores, and small tiles spread the work. */
const ENOUGH_TILES = 96;
const STORAGE_BYTES = 16384;

/** Tiles in workgroup memory: for GPUs. */
export const tile: Variant<MatmulProblem> = {
  name: 'tile',
  unsupportedReason(profile, problem) {
    const { m, n, batch } = matmulSizes(problem);
    if (profile.maxWorkgroupInvocations < 256) return 'needs 256 threads a workgroup';
    if (profile.maxWorkgroupStorage < STORAGE_BYTES) return 'needs 16 KiB of workgroup memory';
    const groups = Math.max(Math.ceil(m / SMALL.BM), Math.ceil(n / SMALL.BN), batch);
    if (groups > profile.maxWorkgroupsPerDimension) return 'the tiles exceed the grid';
    return null;
  },
  notPreferredReason: (profile) =>
    profile.kind === 'software' ? 'workgroup memory and barriers are slow on software drivers' : null,
  lower(profile, problem) {
    const { m, n, k, batch, strideA, strideB } = matmulSizes(problem);
    const large = batch * Math.floor(m / LARGE.BM) * Math.floor(n / LARGE.BN) >= ENOUGH_TILES;
    const shape = large && profile.kind !== 'integrated' ? LARGE : SMALL;
    const vecC = n % 4 === 0;
    return {
      variant: 'tile',
      calls: [
        {
          template: 'matmul/tile',
          defines: {
            ...matmulTypes(problem),
            ...epilogueDefines(problem, 2, vecC ? 'vec4f' : 'f32'),
            ...shape,
            VEC_A: (problem.transposeA ? m : k) % 4 === 0,
            VEC_B: (problem.transposeB ? k : n) % 4 === 0,
            VEC_C: vecC,
          },
          buffers: [...inputsWithEpilogue(problem, 2), output()],
          params: { m, n, k, stride_a: strideA, stride_b: strideB },
          workgroups: [Math.ceil(n / shape.BN), Math.ceil(m / shape.BM), batch],
        },
      ],
      flops: matmulFlops(problem),
    };
  },
};
