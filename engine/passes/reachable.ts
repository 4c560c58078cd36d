/** Keeps the nodes that an output or an in-place update needs. */

import type { Graph, Node } from '../graph.js';

export function reachable(graph: Graph): Node[] {
  const needed = new Set<Node>();
  const visit = [...graph.outputs.values()].flatMap((t) => t.node ?? []);
  visit.push(...graph.nodes.filter((node) => node.op.mutates !== undefined));
  for (let node = visit.pop(); node; node = visit.pop()) {
    if (needed.has(node)) continue;
    needed.add(node);
    for (const t of node.inputs) if (t.node) visit.push(t.node);
  }
  return graph.nodes.filter((node) => needed.has(node));
}
