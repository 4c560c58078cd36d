import type { FamilyCases } from '../cases.js';
import { type DType, type Problem, sizeOf } from '../kernel.js';
import { type RopeProblem, ropeFamily, ropeTable } from './rope.js';

function ropeProblem(
  leading: readonly number[],
  positions: number,
  width: number,
  inverse: boolean,
  dtype: DType,
): RopeProblem {
  const x = { shape: [...leading, positions, width], dtype };
  return { inverse, inputs: [x, { shape: [positions, width], dtype: 'f32' }], outputs: [x] };
}

const ropeCases: FamilyCases<RopeProblem> = {
  family: ropeFamily,
  reference({ inputs: [, table], inverse }, [x, angles]) {
    const [positions, width] = table!.shape as [number, number];
    const half = width / 2;
    return [
      x!.map((value, at) => {
        const i = at % width;
        const row = (Math.floor(at / width) % positions) * width;
        const cosine = angles![row + (i % half)]!;
        const sine = (inverse ? -1 : 1) * angles![row + half + (i % half)]!;
        return i < half ? value * cosine - x![at + half]! * sine : value * cosine + x![at - half]! * sine;
      }),
    ];
  },
  random(random, dtype) {
    const width = random.bool() ? 8 * random.int(1, 8) : 2 * random.int(1, 20);
    return ropeProblem([random.int(1, 3), random.int(1, 4)], random.int(1, 20), width, random.bool(), dtype);
  },
  fill({ inputs: [x, table] }, random) {
    const [positions, width] = table!.shape as [number, number];
    return [
      Float64Array.from({ length: sizeOf(x!.shape) }, () => random.normal()),
      Float64Array.from(ropeTable(positions, width, random.int(0, 500), 10000)),
    ];
  },
  perf: [{ name: '16×8×1024×64', problem: ropeProblem([16, 8], 1024, 64, false, 'f32') }],
};

export const cases: readonly FamilyCases<Problem>[] = [ropeCases];
