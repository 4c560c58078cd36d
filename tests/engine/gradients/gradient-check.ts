/**
 * Whether an operation's gradient rule is the adjoint of its derivative, on one problem.
 *
 * For y = f(x) and a random u, the rule gives g = Jᵀu. Two checks share one formula, ⟨u, Jv⟩ = ⟨g, v⟩: with a random direction
 * v over all operands it is the adjoint identity, with v a unit vector it is the classic finite difference of one element.
 * Jv comes from the four-point central difference, whose error falls with step⁴, so that f32 suffices; inner products are
 * taken in f64. All evaluations are copies of f in one graph, so a problem is one run.
 */

import assert from 'node:assert/strict';
import { type Engine, Graph, gradients, mul, sum, type Tensor } from '../../../engine/engine.js';
import type { CaseRandom } from '../../../kernels/cases.js';
import { sizeOf } from '../../../kernels/kernel.js';

export interface Operand {
  shape: readonly number[];
  /** Values, drawn in order; standard normal when absent. Kinks must be further than 0.1 away. */
  value?: (random: CaseRandom, index: number) => number;
  /** The operand is u32 below this, and is not differentiated. */
  integersBelow?: number;
}

export interface GradientProblem {
  operands: Operand[];
  build(operands: Tensor[], graph: Graph): Tensor;
}

export interface GradientCase {
  name: string;
  random(random: CaseRandom): GradientProblem;
}

const STEP = 0.02;
/** Offsets in steps and weights of the central difference with error O(step⁴). */
const STENCIL = [
  { offset: -2, weight: 1 / 12 },
  { offset: -1, weight: -8 / 12 },
  { offset: 1, weight: 8 / 12 },
  { offset: 2, weight: -1 / 12 },
];
/** Share of ‖u‖‖Jv‖ that the two sides may differ by. */
const TOLERANCE = 5e-4;
/** Relative rounding error of an f32 result of a few operations. */
const ROUNDING = 1e-6;

export async function checkGradient(
  engine: Engine,
  { operands, build }: GradientProblem,
  random: CaseRandom,
): Promise<void> {
  const graph = new Graph();
  const feeds: Record<string, Float32Array | Uint32Array> = {};
  const values = operands.map(({ shape, value, integersBelow }) => {
    const draw = value ?? (() => random.normal());
    return Float32Array.from({ length: sizeOf(shape) }, (_, i) =>
      integersBelow === undefined ? draw(random, i) : random.int(0, integersBelow - 1),
    );
  });
  const feed = (name: string, k: number, data: Float32Array): Tensor => {
    const integers = operands[k]!.integersBelow !== undefined;
    feeds[name] = integers ? Uint32Array.from(data) : data;
    return graph.input(name, operands[k]!.shape, integers ? 'u32' : 'f32');
  };

  const x = values.map((data, k) => feed(`x${k}`, k, data));
  const differentiated = [...x.keys()].filter((k) => operands[k]!.integersBelow === undefined);
  const y = graph.output('y', build(x, graph));
  const u = Float32Array.from({ length: sizeOf(y.shape) }, () => random.normal());
  feeds.u = u;
  const loss = sum(mul(y, graph.input('u', y.shape)));
  const grads = gradients(
    loss,
    differentiated.map((k) => x[k]!),
  );
  for (const [i, k] of differentiated.entries()) graph.output(`g${k}`, grads[i]!);

  const directions = [everywhere(), ...differentiated.map(unit)];
  for (const [d, v] of directions.entries()) {
    for (const { offset } of STENCIL) {
      const moved = values.map((data, k) => {
        if (!v[k]) return x[k]!;
        return feed(
          `x${k} ${d} ${offset}`,
          k,
          data.map((value, i) => value + offset * STEP * v[k]![i]!),
        );
      });
      graph.output(`y ${d} ${offset}`, build(moved, graph));
    }
  }

  const plan = await engine.compile(graph);
  const out = await plan.run(feeds);
  plan.dispose();
  for (const [d, v] of directions.entries()) {
    const jv = new Float64Array(u.length);
    for (const { offset, weight } of STENCIL) {
      const moved = out[`y ${d} ${offset}`]!;
      for (let i = 0; i < jv.length; i++) jv[i]! += (weight / STEP) * moved[i]!;
    }
    const forward = dot(u, jv);
    let backward = 0;
    for (const k of differentiated) if (v[k]) backward += dot(out[`g${k}`]!, v[k]!);
    const allowed = norm(u) * (TOLERANCE * norm(jv) + (ROUNDING / STEP) * norm(out.y!));
    assert.ok(
      Math.abs(forward - backward) <= allowed,
      `${d === 0 ? 'adjoint identity' : `finite difference of operand ${differentiated[d - 1]}`}: ` +
        `⟨u, Jv⟩ = ${forward}, ⟨Jᵀu, v⟩ = ${backward}, which differ by more than ${allowed.toExponential(2)}; ` +
        `operands ${operands.map((o) => `[${o.shape}]`).join(' ')} → [${y.shape}]`,
    );
  }

  /** A random direction over all operands. */
  function everywhere(): (Float32Array | null)[] {
    return operands.map((o, k) =>
      o.integersBelow === undefined ? Float32Array.from(values[k]!, () => random.real(-1, 1)) : null,
    );
  }

  /** One random element of one operand. */
  function unit(k: number): (Float32Array | null)[] {
    return operands.map((_, other) => {
      if (other !== k) return null;
      const v = new Float32Array(values[k]!.length);
      v[random.int(0, v.length - 1)] = 1;
      return v;
    });
  }
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

const norm = (a: ArrayLike<number>): number => Math.sqrt(dot(a, a));
