/**
 * A program: what the planner makes of a graph, before there is a device. It can be printed, tested, and prepared again
 * after a device was lost.
 *
 * Words for memory, used by the planner's passes and by plans:
 * - *storage root* of a tensor: the tensor that its bytes were allocated for. A tensor is its own root, unless it is an alias
 *   (reshape) or its producer wrote it in place of an operand; then it has the root of that tensor.
 * - *storage location* of a root: a slot, or the buffer of an input, a variable or a constant.
 * - *slot*: a buffer of the plan that several roots use, one after another.
 * - *binding*: what one step binds, a storage location or a texture that is copied from one (a *texture operand*).
 */

import type { KernelCall, PassedOver, TensorType, TextureLayout } from '../kernels/kernel.js';
import type { ConstantData } from './graph.js';
import type { SlotPlan } from './passes/slots.js';

export type StorageLocation =
  | { readonly in: 'slot'; readonly slot: number; readonly bytes: number }
  | { readonly in: 'input' | 'variable'; readonly name: string; readonly bytes: number }
  | { readonly in: 'constant'; readonly id: number; readonly bytes: number };

export interface TextureBinding {
  readonly in: 'texture';
  /** Index into the program's textures. */
  readonly texture: number;
  readonly layout: TextureLayout;
  /** Copied into the texture just before the step. */
  readonly source: StorageLocation;
  /** Of the source. */
  readonly bytes: number;
}

export type Binding = StorageLocation | TextureBinding;

/** One dispatch. */
export interface Step {
  readonly op: string;
  /** Module path of the node, such as `denoiser/block2/attention`. */
  readonly path: string;
  readonly variant: string;
  /** Why the variants before it were not chosen. */
  readonly passedOver: readonly PassedOver[];
  readonly call: KernelCall;
  /** In the order of the call's buffers. */
  readonly bindings: readonly Binding[];
  /** Share of the node's arithmetic that falls on this call. */
  readonly flops: number;
  /** Bytes of all bindings. */
  readonly bytes: number;
}

/** What a pass of the planner did, for `DEBUG=plan`. */
export interface PassReport {
  readonly name: string;
  readonly did: string;
}

export interface Program {
  readonly steps: readonly Step[];
  readonly slots: SlotPlan;
  /** Textures that tensors are copied to where a kernel reads them so; steps share them. */
  readonly textures: readonly TextureLayout[];
  /** Inputs, variables and constants that a step or an output uses. */
  readonly inputs: ReadonlyMap<string, TensorType>;
  readonly variables: ReadonlyMap<string, TensorType>;
  readonly constants: ReadonlyMap<number, { readonly type: TensorType; readonly data: ConstantData }>;
  readonly outputs: ReadonlyMap<string, { readonly type: TensorType; readonly location: StorageLocation }>;
  readonly passes: readonly PassReport[];
}
