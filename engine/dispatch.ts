/**
 * Kernel calls as dispatches. The one place where bind groups, texture copies and parameter blocks are made: for plans, for
 * `bench`, and for the guarded runs of the kernel tests.
 */

import type { KernelCall, Lowering, TensorType, TextureLayout } from '../kernels/kernel.js';
import { createTensorBuffer } from './buffers.js';
import { BufferUsage } from './gpu-flags.js';
import type { Pipeline, PipelineCache } from './pipelines.js';
import { copyToTexture, createOperandTexture, type TextureCopy } from './texture-operands.js';

/** `minUniformBufferOffsetAlignment` is at most this many bytes on every device. */
const UNIFORM_ALIGNMENT = 256;

/** A buffer that a call binds, `size` bytes of it (all when absent), or the texture that it is copied to before the call. */
export interface Operand {
  readonly buffer: GPUBuffer;
  readonly size?: number;
  readonly texture?: { readonly texture: GPUTexture; readonly layout: TextureLayout };
}

/** A call, compiled, with its operands in the order of its buffers. */
export interface CallWithOperands {
  readonly call: KernelCall;
  readonly pipeline: Pipeline;
  readonly operands: readonly Operand[];
}

export interface Dispatch {
  readonly label: string;
  /** Made before the dispatch. */
  readonly copies: readonly TextureCopy[];
  readonly pipeline: GPUComputePipeline;
  readonly bindings: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

/**
 * Bind groups for calls, in their order. Parameters are fixed once shapes are, so they are written here and for good, into
 * one uniform buffer, which belongs to the caller.
 */
export function bindCalls(
  device: GPUDevice,
  calls: readonly CallWithOperands[],
): { dispatches: Dispatch[]; parameters: GPUBuffer } {
  const blocks = calls.map(({ call, pipeline }) => pipeline.pack?.(call.params!));
  const total = blocks.reduce((sum, block) => sum + (block ? aligned(block.byteLength) : 0), 0);
  const parameters = device.createBuffer({
    label: 'parameters',
    size: Math.max(total, UNIFORM_ALIGNMENT),
    usage: BufferUsage.UNIFORM | BufferUsage.COPY_DST,
  });
  const bytes = new Uint8Array(total);
  let offset = 0;
  const dispatches = calls.map(({ call, pipeline: { label, pipeline, layout }, operands }, i): Dispatch => {
    const entries: GPUBindGroupEntry[] = operands.map(({ buffer, size, texture }, binding) => ({
      binding,
      resource: texture ? texture.texture.createView() : size === undefined ? { buffer } : { buffer, size },
    }));
    const block = blocks[i];
    if (block) {
      bytes.set(new Uint8Array(block), offset);
      entries.push({ binding: operands.length, resource: { buffer: parameters, offset, size: block.byteLength } });
      offset += aligned(block.byteLength);
    }
    return {
      label,
      copies: operands.flatMap(({ buffer, texture }) => (texture ? [{ source: buffer, ...texture }] : [])),
      pipeline,
      bindings: device.createBindGroup({ layout, entries }),
      workgroups: call.workgroups,
    };
  });
  if (total > 0) device.queue.writeBuffer(parameters, 0, bytes);
  return { dispatches, parameters };
}

const aligned = (bytes: number): number => Math.ceil(bytes / UNIFORM_ALIGNMENT) * UNIFORM_ALIGNMENT;

/** Copies stand outside of passes: a dispatch that wants some begins a pass of its own. */
export function encodeDispatches(encoder: GPUCommandEncoder, dispatches: readonly Dispatch[]): void {
  let pass: GPUComputePassEncoder | null = null;
  for (const { copies, pipeline, bindings, workgroups } of dispatches) {
    if (copies.length > 0) {
      pass?.end();
      pass = null;
      for (const copy of copies) copyToTexture(encoder, copy);
    }
    pass ??= encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindings);
    pass.dispatchWorkgroups(...workgroups);
  }
  pass?.end();
}

/** How the temporary resources of a lowering are made. */
export interface TemporaryResources {
  scratch(type: TensorType, index: number): Operand;
  texture(layout: TextureLayout): GPUTexture;
}

export interface DispatchedLowering {
  readonly dispatches: readonly Dispatch[];
  /** Frees scratch, textures and parameters. */
  dispose(): void;
}

/** One lowering over given tensors, alone: what `bench` times and the kernel tests run. */
export async function dispatchLowering(
  device: GPUDevice,
  pipelines: PipelineCache,
  lowering: Lowering,
  { inputs, outputs }: { inputs: readonly Operand[]; outputs: readonly Operand[] },
  make: TemporaryResources = {
    scratch: (type) => ({ buffer: createTensorBuffer(device, type, 'scratch') }),
    texture: (layout) => createOperandTexture(device, layout),
  },
): Promise<DispatchedLowering> {
  const compiled = await Promise.all(lowering.calls.map((call) => pipelines.get(call)));
  const scratch = (lowering.scratch ?? []).map(make.scratch);
  const owned: (GPUBuffer | GPUTexture)[] = scratch.map(({ buffer }) => buffer);
  const tensors = { input: inputs, output: outputs, scratch };
  const calls = lowering.calls.map((call, i): CallWithOperands => {
    const operands = call.buffers.map((ref): Operand => {
      const operand = tensors[ref.of][ref.index]!;
      if (!ref.texture) return operand;
      const texture = make.texture(ref.texture);
      owned.push(texture);
      return { ...operand, texture: { texture, layout: ref.texture } };
    });
    return { call, pipeline: compiled[i]!, operands };
  });
  const { dispatches, parameters } = bindCalls(device, calls);
  owned.push(parameters);
  return { dispatches, dispose: () => owned.forEach((resource) => void resource.destroy()) };
}
