import { epilogueDefines, inputsWithEpilogue } from '../common/epilogue.js';
import { type DeviceProfile, output, type SubgroupMatrixConfig, type Variant } from '../kernel.js';
import { unsupportedSubgroups } from '../software.js';
import { type MatmulProblem, matmulFlops, matmulSizes, matmulTypes } from './problem.js';

/** The device's shape of f16 fragments with f32 sums that divides the problem, if any. */
function fragment(profile: DeviceProfile, problem: MatmulProblem): SubgroupMatrixConfig | undefined {
  const { m, n, k } = matmulSizes(problem);
  return profile.subgroupMatrices.find(
    ({ componentType, resultComponentType, M, N, K }) =>
      componentType === 'f16' &&
      resultComponentType === 'f32' &&
      m % (4 * M) === 0 &&
      n % (4 * N) === 0 &&
      k % K === 0 &&
      16 * M * N * 4 <= profile.maxWorkgroupStorage,
  );
}

/** Matrix units, f16 × f16 → f32, where the adapter lists them. */
export const subgroupMatrix: Variant<MatmulProblem> = {
  name: 'subgroup-matrix',
  unsupportedReason(profile, problem) {
    if (profile.subgroupMatrices.length === 0) return 'the device lists no subgroup matrices';
    if (!profile.f16) return 'the device has no f16';
    if (problem.inputs[0]!.dtype !== 'f16' || problem.inputs[1]!.dtype !== 'f16') return 'both operands must be f16';
    const reason = unsupportedSubgroups(profile);
    if (reason !== null) return reason;
    const { min } = profile.subgroups;
    if (4 * min > profile.maxWorkgroupInvocations) return `needs ${4 * min} threads a workgroup`;
    const shape = fragment(profile, problem);
    if (!shape) return 'no fragment shape of the device divides the sizes';
    const { m, n, batch } = matmulSizes(problem);
    const groups = Math.max(m / (4 * shape.M), n / (4 * shape.N), batch);
    return groups > profile.maxWorkgroupsPerDimension ? 'the tiles exceed the grid' : null;
  },
  lower(profile, problem) {
    const { m, n, k, batch, strideA, strideB } = matmulSizes(problem);
    const shape = fragment(profile, problem)!;
    const { A_TYPE: _a, B_TYPE: _b, ...types } = matmulTypes(problem);
    return {
      variant: 'subgroup-matrix',
      calls: [
        {
          template: 'matmul/subgroup-matrix',
          defines: {
            ...types,
            ...epilogueDefines(problem, 2, 'vec4f'),
            LANES: profile.subgroups.min,
            FM: shape.M,
            FN: shape.N,
            FK: shape.K,
          },
          buffers: [...inputsWithEpilogue(problem, 2), output()],
          params: { m, n, k, stride_a: strideA, stride_b: strideB },
          workgroups: [n / (4 * shape.N), m / (4 * shape.M), batch],
        },
      ],
      flops: matmulFlops(problem),
    };
  },
};
