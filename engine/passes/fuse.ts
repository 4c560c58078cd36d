/**
 * Fusion: chains of elementwise maps become one map, and a map that only finishes a matrix product or a convolution
 * becomes its epilogue. Each pass over memory costs more than the arithmetic in it, on every device we measured.
 */

import { MAX_OPERANDS } from '../../kernels/elementwise/elementwise.js';
import { cost, type Epilogue, type Expression, substitute } from '../../kernels/elementwise/expression.js';
import { sizeOf } from '../../kernels/kernel.js';
import type { Node, Tensor } from '../graph.js';
import { type MapAttributes, mapOp } from '../ops/elementwise.js';

/** Beyond this many functions a kernel is bound by arithmetic and hard to read in a profile. */
const MAX_COST = 48;
const MAX_EPILOGUE_OPERANDS = 2;

const isMap = (node: Node): node is Node & { attrs: MapAttributes } => node.op === (mapOp as unknown);

export function fuse(nodes: readonly Node[], kept: ReadonlySet<Tensor>): Node[] {
  return fuseEpilogues(fuseMaps(nodes, kept), kept);
}

/** For each tensor the positions of its consumers, and for each variable the positions where it is updated. */
function uses(nodes: readonly Node[]): { consumers: Map<Tensor, number[]>; updates: Map<Tensor, number[]> } {
  const consumers = new Map<Tensor, number[]>();
  const updates = new Map<Tensor, number[]>();
  const append = (map: Map<Tensor, number[]>, t: Tensor, i: number): void => {
    const list = map.get(t);
    if (list) list.push(i);
    else map.set(t, [i]);
  };
  for (const [i, node] of nodes.entries()) {
    for (const t of node.inputs) append(consumers, t, i);
    for (const k of node.op.mutates ?? []) append(updates, node.inputs[k]!, i);
  }
  return { consumers, updates };
}

/** Moving a node from position `from` to `to` would let it read an updated variable. */
function crossesUpdate(node: Node, from: number, to: number, updates: Map<Tensor, number[]>): boolean {
  return node.inputs.some((t) => (updates.get(t) ?? []).some((at) => at > from && at < to));
}

function fuseMaps(nodes: readonly Node[], kept: ReadonlySet<Tensor>): Node[] {
  const { consumers, updates } = uses(nodes);
  const result: (Node | null)[] = [...nodes];
  const position = new Map<Tensor, number>();
  for (const [i, original] of nodes.entries()) {
    let node = original;
    if (isMap(node)) {
      for (const x of original.inputs) {
        const from = position.get(x);
        if (from === undefined || kept.has(x) || consumers.get(x)!.length !== 1) continue;
        const producer = result[from]!;
        if (!isMap(producer) || x.shape.join() !== node.outputs[0]!.shape.join()) continue;
        if (crossesUpdate(producer, from, i, updates)) continue;
        const merged = mergeMaps(producer, node as Node & { attrs: MapAttributes }, x);
        if (!merged) continue;
        node = merged;
        result[from] = null;
      }
      result[i] = node;
    }
    for (const t of node.outputs) position.set(t, i);
  }
  return result.filter((node): node is Node => node !== null);
}

function mergeMaps(
  producer: Node & { attrs: MapAttributes },
  consumer: Node & { attrs: MapAttributes },
  x: Tensor,
): (Node & { attrs: MapAttributes }) | null {
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

function fuseEpilogues(nodes: readonly Node[], kept: ReadonlySet<Tensor>): Node[] {
  const { consumers, updates } = uses(nodes);
  const result: (Node | null)[] = [...nodes];
  const position = new Map<Tensor, number>();
  const renamed = new Map<number, Node>();
  const soleUse = (t: Tensor): boolean => !kept.has(t) && consumers.get(t)!.length === 1;
  for (const [i, node] of nodes.entries()) {
    if (isMap(node)) {
      for (const x of node.inputs) {
        const at = position.get(x);
        if (at === undefined || !soleUse(x)) continue;
        // A reshape between the two is looked through: it moves nothing, and the columns are the same.
        const reshaped = result[at]!.op.alias ? result[at]! : null;
        const made = reshaped ? reshaped.inputs[0]! : x;
        const from = reshaped ? position.get(made) : at;
        if (from === undefined || !soleUse(made) || made.shape.at(-1) !== x.shape.at(-1)) continue;
        const producer = result[from]!;
        if (!producer.op.fusesEpilogue || ('epilogue' in producer.attrs && producer.attrs.epilogue)) continue;
        if (crossesUpdate(producer, from, i, updates)) continue;
        const epilogue = epilogueOf(node, x);
        if (!epilogue) continue;
        const inputs = [...producer.inputs, ...node.inputs.filter((t) => t !== x)];
        const attrs = { ...producer.attrs, epilogue };
        result[from] = null;
        if (reshaped) {
          result[at] = null;
          // The matrix keeps the shape its kernel knows; the map's result is that same memory.
          result[i] = { ...producer, inputs, attrs };
          renamed.set(i, { ...reshaped, inputs: [made], outputs: node.outputs });
        } else {
          result[i] = { ...producer, inputs, attrs, outputs: node.outputs };
        }
        break;
      }
    }
    for (const t of node.outputs) position.set(t, i);
  }
  return result.flatMap((node, i) => [...(node ? [node] : []), ...(renamed.has(i) ? [renamed.get(i)!] : [])]);
}

/** The map as an epilogue of the operation that makes `x`, or null where an operand is neither full nor a column. */
function epilogueOf(node: Node & { attrs: MapAttributes }, x: Tensor): Epilogue | null {
  const shape = node.outputs[0]!.shape;
  if (x.shape.join() !== shape.join() || x.dtype !== node.outputs[0]!.dtype) return null;
  const extras = node.inputs.filter((t) => t !== x);
  if (extras.length > MAX_EPILOGUE_OPERANDS || extras.length + 1 !== node.inputs.length) return null;
  const columns = shape.at(-1)!;
  const operands = extras.map((t) => {
    if (t.shape.join() === shape.join()) return 'full';
    return t.shape.at(-1) === columns && sizeOf(t.shape) === columns ? 'column' : null;
  });
  if (operands.some((o) => o === null)) return null;
  const expression = substitute(
    node.attrs.expression,
    node.inputs.map((t) => ({ arg: t === x ? 0 : 1 + extras.indexOf(t) })),
  );
  return { expression, operands: operands as ('column' | 'full')[] };
}
