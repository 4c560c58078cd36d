/** Keeps the nodes that an output or an in-place update needs. */

import type { Graph, Node } from '../graph.js';
import type { Passed } from './pass.js';

export function dropUnreachable(graph: Graph): Passed<Node[]> {
  const needed = new Set<Node>();
  const visit = [...graph.outputs.values()].flatMap((t) => t.node ?? []);
  visit.push(...graph.nodes.filter((node) => node.op.mutates !== undefined));
  for (let node = visit.pop(); node; node = visit.pop()) {
    if (needed.has(node)) continue;
    needed.add(node);
    for (const t of node.inputs) if (t.node) visit.push(t.node);
  }
  const result = graph.nodes.filter((node) => needed.has(node));
  return { result, did: `${graph.nodes.length} → ${result.length} nodes` };
}
