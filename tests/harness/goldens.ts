/** Model parts against files that tests/oracle wrote: weights, inputs `in.*` and outputs `out.*` in one safetensors file. */

import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { type Engine, Graph, type Tensor } from '../../engine/engine.js';
import { type ParameterSpec, Parameters, type ParametersOptions } from '../../model/networks/parameters.js';
import { shippedWeights } from '../../model/onset/shipped-weights.js';
import { encodeF16, openSafetensors, type SafetensorsFile, withFile } from '../../weights/index.js';

export const GOLDENS: string = join(dirname(shippedWeights()), '..', 'tests', 'oracle', 'goldens');

export interface Golden {
  /** The `config` that the oracle wrote into the file. */
  readonly config: unknown;
  readonly p: Parameters;
  has(name: string): boolean;
  /** The graph's input for `in.<name>`. */
  input(name: string): Tensor;
}

/** Mean squared error over the mean square of what is expected. */
export function nmse(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.equal(found.length, expected.length);
  let error = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    error += (found[i]! - expected[i]!) ** 2;
    size += expected[i]! ** 2;
  }
  return error / size;
}

/**
 * Runs what `trace` returns by name on the file's weights and inputs, and gives each output; those with an `out.<name>` in the
 * file must be within `bar` (NMSE) of it.
 */
export async function runGolden(
  engine: Engine,
  name: string,
  trace: (golden: Golden) => Record<string, Tensor>,
  { bar, ...options }: ParametersOptions & { bar: number },
): Promise<Record<string, Float32Array>> {
  return withFile(join(GOLDENS, `${name}.safetensors`), async (source) => {
    const file = await openSafetensors(source);
    const graph = new Graph();
    const p = new Parameters(graph, options);
    const used: string[] = [];
    const traced = trace({
      config: JSON.parse(file.metadata.config ?? 'null'),
      p,
      has: (input) => file.tensors.has(`in.${input}`),
      input(input) {
        used.push(input);
        return graph.input(input, file.tensors.get(`in.${input}`)!.shape);
      },
    });
    for (const [key, tensor] of Object.entries(traced)) graph.output(key, tensor);
    const specs = [...p.specs.values()];
    try {
      for (const spec of specs) await writeWeight(engine, file, spec);
      const inputs: Record<string, Float32Array> = {};
      for (const input of used) inputs[input] = await file.readAsF32(`in.${input}`);
      const plan = await engine.compile(graph);
      const out = await plan.run(inputs);
      plan.dispose();
      const errors: string[] = [];
      for (const [key, found] of Object.entries(out)) {
        if (!file.tensors.has(`out.${key}`)) continue;
        const error = nmse(found, await file.readAsF32(`out.${key}`));
        if (!(error <= bar)) errors.push(`${key} is off by NMSE ${error.toExponential(2)}`);
      }
      assert.deepEqual(errors, [], `${name}: ${errors.join(', ')}; ${bar} is the most`);
      return out;
    } finally {
      for (const spec of specs) if (engine.variables.has(spec.name)) engine.variables.delete(spec.name);
    }
  });
}

async function writeWeight(engine: Engine, file: SafetensorsFile, spec: ParameterSpec): Promise<void> {
  const { shape, storage, torchOrder } = spec;
  const stored = file.tensors.get(spec.name);
  assert.ok(stored, `the golden file has no ${spec.name}`);
  const order = torchOrder ?? shape.map((_, d) => d);
  assert.deepEqual(
    order.map((d) => stored.shape[d]),
    shape,
    spec.name,
  );
  const values = reordered(await file.readAsF32(spec.name), stored.shape, order);
  engine.variables.write(spec.name, { shape, dtype: storage }, storage === 'f16' ? encodeF16(values) : values);
}

/** Dimension `d` of the result is dimension `order[d]` of `values`. */
function reordered(
  values: Float32Array,
  shape: readonly number[],
  order: readonly number[],
): Float32Array<ArrayBuffer> {
  const strides = shape.map((_, d) => shape.slice(d + 1).reduce((a, b) => a * b, 1));
  const sizes = order.map((d) => shape[d]!);
  return Float32Array.from({ length: values.length }, (_, flat) => {
    let rest = flat;
    let from = 0;
    for (let d = sizes.length - 1; d >= 0; d--) {
      from += (rest % sizes[d]!) * strides[order[d]!]!;
      rest = Math.floor(rest / sizes[d]!);
    }
    return values[from]!;
  });
}
