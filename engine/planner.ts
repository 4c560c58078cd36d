/**
 * From a graph to a program: passes over the nodes, kernel choice, lifetimes and slots. Nothing here touches the device, so
 * a program can be printed, tested and prepared again after a device was lost.
 */

import {
  byteLength,
  type DeviceProfile,
  type KernelCall,
  type Lowering,
  type TensorType,
  type TextureLayout,
} from '../kernels/kernel.js';
import { LimitError } from './errors.js';
import type { Graph, Node, Tensor } from './graph.js';
import { fuse } from './passes/fuse.js';
import { reachable } from './passes/reachable.js';
import { assignSlots, type Lifetime, type SlotPlan } from './slots.js';
import { assignTextures, textureBytes } from './texture-operands.js';

/** Where a tensor is kept, and how many bytes it has. */
export type Stored =
  | { in: 'slot'; slot: number; bytes: number }
  | { in: 'input' | 'variable'; name: string; bytes: number }
  | { in: 'constant'; id: number; bytes: number };

/** What a step binds: a buffer, or a texture that `source` is copied to just before. */
export type Place = Stored | { in: 'texture'; texture: number; layout: TextureLayout; source: Stored; bytes: number };

export interface Step {
  readonly op: string;
  readonly path: string;
  readonly variant: string;
  readonly call: KernelCall;
  readonly places: readonly Place[];
  /** Share of the node's arithmetic that falls on this call. */
  readonly flops: number;
  readonly bytes: number;
}

export interface Program {
  readonly steps: readonly Step[];
  readonly slots: SlotPlan;
  /** Textures that operands are copied to for kernels that read them so. */
  readonly textures: readonly TextureLayout[];
  readonly inputs: ReadonlyMap<string, TensorType>;
  readonly variables: ReadonlyMap<string, TensorType>;
  readonly constants: ReadonlyMap<number, { type: TensorType; data: Float32Array | Uint32Array | Int32Array }>;
  readonly outputs: ReadonlyMap<string, { type: TensorType; place: Stored }>;
}

export interface PlanOptions {
  /** Off: each node runs as traced, for checks of the passes themselves. */
  fusion?: boolean;
  /** Kernel variant to force, by op name. */
  force?: Readonly<Record<string, string>>;
}

export function planProgram(graph: Graph, profile: DeviceProfile, options: PlanOptions = {}): Program {
  const kept = new Set(graph.outputs.values());
  const live = reachable(graph);
  const nodes = options.fusion === false ? live : fuse(live, kept);

  // Tensors that share storage have one root: aliases (reshape) and outputs that take over an operand's buffer.
  const roots = new Map<Tensor, Tensor>();
  const root = (t: Tensor): Tensor => roots.get(t) ?? t;
  for (const node of nodes) if (node.op.alias) roots.set(node.outputs[0]!, root(node.inputs[0]!));

  const running = nodes.filter((node) => !node.op.alias);
  const lastUse = new Map<Tensor, number>();
  for (const [i, node] of running.entries()) for (const t of node.inputs) lastUse.set(root(t), i);
  for (const t of kept) lastUse.set(root(t), running.length);

  const lowered: { node: Node; lowering: Lowering }[] = [];
  const inPlaceRoots = new Map<Tensor, Tensor>();
  const storage = (t: Tensor): Tensor => {
    let r = root(t);
    for (let next = inPlaceRoots.get(r); next; next = inPlaceRoots.get(r)) r = next;
    return r;
  };
  for (const [i, node] of running.entries()) {
    const problem = { inputs: node.inputs.map(typeOf), outputs: node.outputs.map(typeOf), ...node.attrs };
    const place = (node.op.inPlace?.(problem) ?? []).find((k) => {
      const r = root(node.inputs[k]!);
      return r.node !== null && lastUse.get(r) === i && node.inputs.filter((t) => root(t) === r).length === 1;
    });
    if (place !== undefined) {
      inPlaceRoots.set(node.outputs[0]!, root(node.inputs[place]!));
      Object.assign(problem, { inPlace: place });
    }
    lowered.push({ node, lowering: node.op.lower(profile, problem, options.force?.[node.op.name]) });
  }

  const lives = new Map<Tensor, { bytes: number; first: number; last: number; name: string }>();
  const scratchLives: { key: string; bytes: number; first: number; last: number; name: string }[] = [];
  for (const [i, { node, lowering }] of lowered.entries()) {
    for (const t of node.outputs) {
      const home = storage(t);
      const life = lives.get(home);
      const last = lastUse.get(t) ?? i;
      if (life) life.last = Math.max(life.last, last);
      else lives.set(home, { bytes: byteLength(home), first: i, last, name: describeNode(node) });
    }
    for (const [s, type] of (lowering.scratch ?? []).entries()) {
      scratchLives.push({
        key: `${i}:${s}`,
        bytes: byteLength(type),
        first: i,
        last: i,
        name: `scratch of ${describeNode(node)}`,
      });
    }
  }
  const lifetimes: (Lifetime & { name: string })[] = [...lives.values(), ...scratchLives];
  for (const { bytes, name } of lifetimes) {
    const limit = Math.min(profile.maxBufferBytes, profile.maxBindingBytes);
    if (bytes > limit) {
      throw new LimitError(
        `${name} needs ${bytes} bytes in one buffer; this device binds ${limit} at most. Use a smaller batch or window`,
      );
    }
  }
  const slots = assignSlots(lifetimes);
  const slotOf = new Map<Tensor, number>([...lives.keys()].map((t, i) => [t, slots.assignment[i]!]));
  const scratchSlot = new Map(scratchLives.map(({ key }, i) => [key, slots.assignment[lives.size + i]!]));

  const constants = new Map<number, { type: TensorType; data: Float32Array | Uint32Array | Int32Array }>();
  const usedInputs = new Map<string, TensorType>();
  const usedVariables = new Map<string, TensorType>();
  const placeOf = (t: Tensor): Stored => {
    const home = storage(t);
    const bytes = byteLength(t);
    const { origin } = home;
    if ('node' in origin) return { in: 'slot', slot: slotOf.get(home)!, bytes };
    if (origin.kind === 'constant') {
      constants.set(home.id, { type: typeOf(home), data: origin.data });
      return { in: 'constant', id: home.id, bytes };
    }
    (origin.kind === 'input' ? usedInputs : usedVariables).set(origin.name, typeOf(home));
    return { in: origin.kind, name: origin.name, bytes };
  };

  const steps: Step[] = [];
  const textured: { step: number; layout: TextureLayout; place: Extract<Place, { in: 'texture' }> }[] = [];
  for (const [i, { node, lowering }] of lowered.entries()) {
    for (const call of lowering.calls) {
      const places = call.buffers.map((ref): Place => {
        const operands = { input: node.inputs, output: node.outputs, scratch: lowering.scratch ?? [] }[ref.of];
        const type = typeOf(operands[ref.index]!);
        const source: Stored =
          ref.of === 'scratch'
            ? { in: 'slot', slot: scratchSlot.get(`${i}:${ref.index}`)!, bytes: byteLength(type) }
            : placeOf(operands[ref.index] as Tensor);
        if (!ref.texture) return source;
        const place = { in: 'texture' as const, texture: 0, layout: ref.texture, source, bytes: source.bytes };
        textured.push({ step: steps.length, layout: place.layout, place });
        return place;
      });
      steps.push({
        op: node.op.name,
        path: node.path,
        variant: lowering.variant,
        call,
        places,
        flops: (lowering.flops ?? 0) / lowering.calls.length,
        bytes: places.reduce((sum, p) => sum + p.bytes, 0),
      });
    }
  }
  const { textures, assignment } = assignTextures(textured);
  for (const [i, { place }] of textured.entries()) place.texture = assignment[i]!;
  const outputs = new Map([...graph.outputs].map(([name, t]) => [name, { type: typeOf(t), place: placeOf(t) }]));
  return { steps, slots, textures, inputs: usedInputs, variables: usedVariables, constants, outputs };
}

const typeOf = (t: TensorType): TensorType => ({ shape: t.shape, dtype: t.dtype });
const describeNode = (node: Node): string =>
  `the output of ${node.op.name} ${node.outputs[0] ?? ''} in ${node.path || 'top level'}`;

/** The program as text, one step a line: what `DEBUG=plan` shows. */
export function printProgram(program: Program): string {
  const place = (p: Place): string => {
    if (p.in === 'slot') return `s${p.slot}`;
    if (p.in === 'constant') return `c${p.id}`;
    if (p.in === 'texture') return `${place(p.source)}→t${p.texture}`;
    return `${p.in === 'input' ? 'in' : 'var'}:${p.name}`;
  };
  const lines = program.steps.map((step, i) => {
    const bound = step.call.buffers.map((b, k) => `${place(step.places[k]!)}${b.access === 'read' ? '' : '!'}`);
    return `${String(i).padStart(4)} ${step.op}/${step.variant} ${step.call.template} (${bound.join(' ')}) ×${step.call.workgroups.join('×')}  ${step.path}`;
  });
  return [...lines, printMemory(program)].join('\n');
}

/** Bytes by purpose: what `DEBUG=memory` shows. */
export function printMemory(program: Program): string {
  const total = (types: Iterable<TensorType>): number => [...types].reduce((sum, t) => sum + byteLength(t), 0);
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  const { slots, textures } = program;
  return (
    `memory: variables ${mb(total(program.variables.values()))}, activations ${mb(slots.peakBytes)} in ${slots.slots.length} slots ` +
    `(lower bound ${mb(slots.lowerBound)}, ratio ${(slots.peakBytes / Math.max(1, slots.lowerBound)).toFixed(3)}), ` +
    `textures ${mb(textures.reduce((sum, layout) => sum + textureBytes(layout), 0))} in ${textures.length}, ` +
    `inputs ${mb(total(program.inputs.values()))}, constants ${mb(total([...program.constants.values()].map((c) => c.type)))}, ` +
    `staging ${mb(total([...program.outputs.values()].map((o) => o.type)))}`
  );
}
