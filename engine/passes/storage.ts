/**
 * Which tensors share storage (see `program.ts` for the words): aliases have their operand's, and a node may write its result
 * in place of an operand that nothing reads afterwards.
 */

import type { Problem, TensorType } from '../../kernels/kernel.js';
import type { Node, Tensor } from '../graph.js';
import { countsText, type Passed } from './pass.js';

/** The storage root of each tensor, and until when it is read. */
export class StorageRoots {
  readonly #sharesWith = new Map<Tensor, Tensor>();
  readonly #lastRead = new Map<Tensor, number>();

  of(t: Tensor): Tensor {
    let root = t;
    for (let next = this.#sharesWith.get(t); next; next = this.#sharesWith.get(next)) root = next;
    return root;
  }

  /** Gives `t`, which is its own root, the storage of `other`. */
  share(t: Tensor, other: Tensor): void {
    const root = this.of(other);
    this.#sharesWith.set(t, root);
    const read = this.#lastRead.get(t);
    if (read !== undefined) this.#read(root, read);
  }

  /** The node at `position` reads `t`. */
  read(t: Tensor, position: number): void {
    this.#read(this.of(t), position);
  }

  /** Position of the last node that reads the root's storage, if any. */
  lastRead(root: Tensor): number | undefined {
    return this.#lastRead.get(root);
  }

  #read(root: Tensor, position: number): void {
    this.#lastRead.set(root, Math.max(position, this.#lastRead.get(root) ?? 0));
  }
}

export interface StoragePlan {
  readonly roots: StorageRoots;
  /** The nodes that run: all but aliases. Positions count in this list; outputs of the graph are read past its end. */
  readonly nodes: readonly Node[];
  /** For each node that works in place, the operand whose storage its first output takes over. */
  readonly inPlace: ReadonlyMap<Node, number>;
}

export function shareStorage(nodes: readonly Node[], readBack: ReadonlySet<Tensor>): Passed<StoragePlan> {
  const roots = new StorageRoots();
  for (const node of nodes) if (node.op.alias) roots.share(node.outputs[0]!, node.inputs[0]!);
  const running = nodes.filter((node) => !node.op.alias);
  for (const [i, node] of running.entries()) for (const t of node.inputs) roots.read(t, i);
  for (const t of readBack) roots.read(t, running.length);

  const inPlace = new Map<Node, number>();
  for (const [i, node] of running.entries()) {
    const operand = node.op.inPlace?.(problemOf(node)).find((k) => isFree(node, k, i, roots));
    if (operand === undefined) continue;
    inPlace.set(node, operand);
    roots.share(node.outputs[0]!, node.inputs[operand]!);
  }
  const aliases = nodes.length - running.length;
  const did = `${aliases} aliases; in place: ${countsText([...inPlace.keys()].map((node) => node.op.name))}`;
  return { result: { roots, nodes: running, inPlace }, did };
}

/** Operand `k` was made by a node, and the node at `i` reads its storage last and through this operand alone. */
function isFree(node: Node, k: number, i: number, roots: StorageRoots): boolean {
  const root = roots.of(node.inputs[k]!);
  const readers = node.inputs.filter((t) => roots.of(t) === root);
  return root.node !== null && roots.lastRead(root) === i && readers.length === 1;
}

/** What a node asks of its op's kernels. */
export const problemOf = (node: Node): Problem => ({
  inputs: node.inputs.map(typeOf),
  outputs: node.outputs.map(typeOf),
  ...node.attrs,
});

export const typeOf = ({ shape, dtype }: TensorType): TensorType => ({ shape, dtype });
