import type { CaseRandom, FamilyCases } from '../cases.js';
import { FLOW_GRID, type FlowProblem, flowFamily } from './flow.js';
import { flowCells } from './reference.js';

function problem(images: number, height: number, width: number): FlowProblem {
  const frames = { shape: [images, height, width], dtype: 'f32' } as const;
  return {
    inputs: [frames, frames, { shape: [images], dtype: 'f32' }],
    outputs: [{ shape: [images, FLOW_GRID, FLOW_GRID, 5], dtype: 'f32' }],
  };
}

/** A smooth random texture at a random offset, so that there is something to follow. */
function texture(random: CaseRandom): (x: number, y: number) => number {
  const waves = Array.from(
    { length: 6 },
    () => [random.real(-0.8, 0.8), random.real(-0.8, 0.8), random.real(0, 6.28)] as const,
  );
  return (x, y) => 0.5 + waves.reduce((sum, [a, b, c]) => sum + Math.sin(a * x + b * y + c), 0) / 14;
}

export const cases: FamilyCases<FlowProblem> = {
  family: flowFamily,
  random: (random) => problem(random.int(1, 3), FLOW_GRID * 4 * random.int(1, 2), FLOW_GRID * 4 * random.int(1, 3)),
  fill({ inputs }, random) {
    const [images, height, width] = inputs[0]!.shape as [number, number, number];
    const first = new Float64Array(images * height * width);
    const second = new Float64Array(first.length);
    for (let n = 0; n < images; n++) {
      const image = texture(random);
      const [dx, dy] = [random.real(-2, 2), random.real(-2, 2)];
      for (let i = 0; i < height * width; i++) {
        first[n * height * width + i] = image(i % width, Math.floor(i / width));
        second[n * height * width + i] = image((i % width) - dx, Math.floor(i / width) - dy);
      }
    }
    return [first, second, Float64Array.from({ length: images }, () => random.real(0.02, 0.1))];
  },
  reference({ inputs }, [first, second, seconds]) {
    const [images, height, width] = inputs[0]!.shape as [number, number, number];
    const all = new Float64Array(images * FLOW_GRID * FLOW_GRID * 5);
    const image = (data: Float64Array, n: number) => ({
      width,
      height,
      data: data.slice(n * height * width, (n + 1) * height * width),
    });
    for (let n = 0; n < images; n++) {
      all.set(flowCells(image(first!, n), image(second!, n), seconds![n]!), n * FLOW_GRID * FLOW_GRID * 5);
    }
    return [all];
  },
  perf: [{ name: '32 pairs of 64×64', problem: problem(32, 64, 64) }],
};
