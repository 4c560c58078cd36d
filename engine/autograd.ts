/** Reverse-mode differentiation: appends the backward nodes of a scalar loss to its own graph. */

import { EngineError, GradientError, ShapeError } from './errors.js';
import type { Node, Tensor } from './graph.js';
import { add, fill, zerosLike } from './ops/elementwise.js';

/**
 * ∂loss/∂(each of `targets`), in their order; a target that the loss does not depend on has zeros. `loss` has one
 * element.
 * @throws {ShapeError} when the loss has more than one element
 * @throws {GradientError} when the loss depends on a target through an op without a gradient rule, which it names
 */
export function gradients(loss: Tensor, targets: readonly Tensor[]): Tensor[] {
  if (loss.shape.some((n) => n !== 1)) {
    throw new ShapeError(`gradients: the loss must have one element, and ${loss} has more; take its sum or mean`);
  }
  const graph = loss.graph;
  const nodes = graph.nodes.slice();
  const dependent = dependentOn(nodes, targets);
  const grads = new Map<Tensor, Tensor>([[loss, fill(graph, 1, loss.shape)]]);
  graph.scope('backward', () => {
    for (const node of nodes.reverse()) {
      if (!node.outputs.some((t) => grads.has(t)) || !node.outputs.some((t) => dependent.has(t))) continue;
      const needs = node.inputs.map((t) => dependent.has(t));
      if (!node.op.gradient) {
        throw new GradientError(`gradients: ${node.op.name} (${node.path || 'top level'}) has no gradient rule`);
      }
      const given = graph.scope(node.path || node.op.name, () =>
        node.op.gradient!({
          inputs: node.inputs,
          outputs: node.outputs,
          grads: node.outputs.map((t) => grads.get(t) ?? null),
          attrs: node.attrs,
          needs,
        }),
      );
      for (const [k, x] of node.inputs.entries()) {
        const g = given[k];
        if (!needs[k] || !g) continue;
        if (g.shape.join() !== x.shape.join()) {
          throw new EngineError(`gradients: the rule of ${node.op.name} gave ${g} for operand ${x}`);
        }
        const known = grads.get(x);
        grads.set(x, known ? add(known, g) : g);
      }
    }
  });
  return targets.map((t) => grads.get(t) ?? zerosLike(t));
}

/** Every tensor on a path from one of `targets`. */
function dependentOn(nodes: readonly Node[], targets: readonly Tensor[]): Set<Tensor> {
  const found = new Set<Tensor>(targets);
  for (const node of nodes) {
    if (node.inputs.some((t) => found.has(t))) for (const t of node.outputs) found.add(t);
  }
  return found;
}
