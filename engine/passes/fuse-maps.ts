/**
 * Chains of elementwise maps become one map. Each pass over memory costs more than the arithmetic in it, on every device we
 * measured.
 */

import { MAX_OPERANDS } from '../../kernels/elementwise/elementwise.js';
import { cost, type Expression, substitute } from '../../kernels/elementwise/expression.js';
import type { Node, Tensor } from '../graph.js';
import type { Passed } from './pass.js';
import { isMap, type MapNode, Uses } from './uses.js';

/** Beyond this many functions a kernel is bound by arithmetic and hard to read in a profile. */
const MAX_COST = 48;

export function fuseMaps(nodes: readonly Node[], readBack: ReadonlySet<Tensor>): Passed<Node[]> {
  const uses = new Uses(nodes, readBack);
  const result: (Node | null)[] = [...nodes];
  const position = new Map<Tensor, number>();
  for (const [i, original] of nodes.entries()) {
    let node = original;
    if (isMap(node)) {
      for (const x of original.inputs) {
        const from = position.get(x);
        if (from === undefined || !uses.isOnlyUse(x)) continue;
        const producer = result[from]!;
        if (!isMap(producer) || x.shape.join() !== node.outputs[0]!.shape.join()) continue;
        if (uses.crossesUpdate(producer, from, i)) continue;
        const merged = mergeMaps(producer, node as MapNode, x);
        if (!merged) continue;
        node = merged;
        result[from] = null;
      }
      result[i] = node;
    }
    for (const t of node.outputs) position.set(t, i);
  }
  const left = result.filter((node) => node !== null);
  return {
    result: left,
    did: `${nodes.length} → ${left.length} nodes: ${nodes.length - left.length} maps joined their only consumer`,
  };
}

/** `consumer` with the expression of `producer` in place of its operand `x`, or null where that is too much for one kernel. */
function mergeMaps(producer: MapNode, consumer: MapNode, x: Tensor): MapNode | null {
  const inputs = [...new Set([...consumer.inputs.filter((t) => t !== x), ...producer.inputs])];
  if (inputs.length > MAX_OPERANDS) return null;
  const at = (t: Tensor): Expression => ({ arg: inputs.indexOf(t) });
  const inner = substitute(producer.attrs.expression, producer.inputs.map(at));
  const expression = substitute(
    consumer.attrs.expression,
    consumer.inputs.map((t) => (t === x ? inner : at(t))),
  );
  if (cost(expression) > MAX_COST) return null;
  return { ...consumer, inputs, attrs: { ...consumer.attrs, expression } };
}
