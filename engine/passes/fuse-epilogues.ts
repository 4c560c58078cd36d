/** A map that only finishes a matrix product or a convolution becomes its epilogue: the result is not stored in between. */

import { type Epilogue, substitute } from '../../kernels/elementwise/expression.js';
import { sizeOf } from '../../kernels/kernel.js';
import type { Node, Tensor } from '../graph.js';
import { countsText, type Passed } from './pass.js';
import { isMap, type MapNode, Uses } from './uses.js';

const MAX_EPILOGUE_OPERANDS = 2;

export function fuseEpilogues(nodes: readonly Node[], readBack: ReadonlySet<Tensor>): Passed<Node[]> {
  const uses = new Uses(nodes, readBack);
  /** What stands at each position of `nodes` now: mostly one node. */
  const result: Node[][] = nodes.map((node) => [node]);
  const position = new Map<Tensor, number>();
  const fused: string[] = [];
  for (const [i, node] of nodes.entries()) {
    if (isMap(node)) {
      const found = findProducer(node, i, result, position, uses);
      if (found) {
        result[found.from] = [];
        if (found.reshapeAt !== undefined) result[found.reshapeAt] = [];
        result[i] = found.replacement;
        fused.push(found.replacement[0]!.op.name);
      }
    }
    for (const t of node.outputs) position.set(t, i);
  }
  const left = result.flat();
  return { result: left, did: `${nodes.length} → ${left.length} nodes: ${countsText(fused)}` };
}

interface Fusion {
  /** Positions of the producer and of a reshape between it and the map; both become empty. */
  from: number;
  reshapeAt?: number;
  /** What stands for the map. */
  replacement: Node[];
}

/** An operation, the only use of whose result is `map`, and which can apply it. */
function findProducer(
  map: MapNode,
  i: number,
  result: readonly (readonly Node[])[],
  position: ReadonlyMap<Tensor, number>,
  uses: Uses,
): Fusion | null {
  for (const x of map.inputs) {
    const at = position.get(x);
    if (at === undefined || !uses.isOnlyUse(x)) continue;
    const maker = result[at]![0]!;
    // A reshape between the two is looked through: it moves nothing, and the columns are the same.
    const reshape = maker.op.alias ? maker : null;
    const made = reshape ? reshape.inputs[0]! : x;
    const from = reshape ? position.get(made) : at;
    if (from === undefined || !uses.isOnlyUse(made) || made.shape.at(-1) !== x.shape.at(-1)) continue;
    const producer = result[from]![0]!;
    if (!producer.op.fusesEpilogue || ('epilogue' in producer.attrs && producer.attrs.epilogue)) continue;
    if (uses.crossesUpdate(producer, from, i)) continue;
    const epilogue = epilogueOf(map, x);
    if (!epilogue) continue;
    const inputs = [...producer.inputs, ...map.inputs.filter((t) => t !== x)];
    const attrs = { ...producer.attrs, epilogue };
    if (!reshape) return { from, replacement: [{ ...producer, inputs, attrs, outputs: map.outputs }] };
    // The matrix keeps the shape its kernel knows; the map's result is that same memory.
    const view = { ...reshape, inputs: [made], outputs: map.outputs };
    return { from, reshapeAt: at, replacement: [{ ...producer, inputs, attrs }, view] };
  }
  return null;
}

/** The map as an epilogue of the operation that makes `x`, or null where an operand is neither full nor a column. */
function epilogueOf(map: MapNode, x: Tensor): Epilogue | null {
  const { shape, dtype } = map.outputs[0]!;
  if (x.shape.join() !== shape.join() || x.dtype !== dtype) return null;
  const others = map.inputs.filter((t) => t !== x);
  if (others.length > MAX_EPILOGUE_OPERANDS || others.length + 1 !== map.inputs.length) return null;
  const columns = shape.at(-1)!;
  const operands: ('column' | 'full')[] = [];
  for (const t of others) {
    if (t.shape.join() === shape.join()) operands.push('full');
    else if (t.shape.at(-1) === columns && sizeOf(t.shape) === columns) operands.push('column');
    else return null;
  }
  const expression = substitute(
    map.attrs.expression,
    map.inputs.map((t) => ({ arg: t === x ? 0 : 1 + others.indexOf(t) })),
  );
  return { expression, operands };
}
