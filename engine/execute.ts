/**
 * Runs one lowering at once, each kernel call on its own: what the kernel harness, `bench` and the autotuner use, and what
 * "naive execution" means when a replayed plan is checked against it.
 */

import { byteLength, bytesPerElement, type Lowering, sizeOf, type TensorType } from '../kernels/kernel.js';
import { BufferUsage, MapMode } from './gpu-flags.js';
import type { PipelineCache } from './pipelines.js';
import { settled } from './platform/gpu.js';
import { copyToTexture, createOperandTexture, type TextureCopy } from './texture-operands.js';

/** Tensors are bound as storage, written by the host and read back. */
export const TENSOR_USAGE: GPUBufferUsageFlags = BufferUsage.STORAGE | BufferUsage.COPY_SRC | BufferUsage.COPY_DST;

export interface PreparedCall {
  /** Made before the dispatch. */
  copies: readonly TextureCopy[];
  pipeline: GPUComputePipeline;
  bindings: GPUBindGroup;
  workgroups: readonly [number, number, number];
  label: string;
}

export interface Prepared {
  calls: PreparedCall[];
  dispose(): void;
}

export function createTensorBuffer(device: GPUDevice, type: TensorType, label = ''): GPUBuffer {
  return device.createBuffer({ label, size: byteLength(type), usage: TENSOR_USAGE });
}

/** Writes packed elements at byte `at`; the bytes are padded to the multiple of four that `writeBuffer` wants. */
export function uploadTensor(device: GPUDevice, buffer: GPUBuffer, data: ArrayBufferView, at: number = 0): void {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (bytes.byteLength % 4 === 0) {
    device.queue.writeBuffer(buffer, at, bytes as Uint8Array<ArrayBuffer>);
    return;
  }
  const padded = new Uint8Array(Math.ceil(bytes.byteLength / 4) * 4);
  padded.set(bytes);
  device.queue.writeBuffer(buffer, at, padded);
}

/** Pipelines, scratch, textures, parameters and bind groups of one lowering over given tensors. */
export async function prepareLowering(
  device: GPUDevice,
  cache: PipelineCache,
  lowering: Lowering,
  inputs: readonly GPUBuffer[],
  outputs: readonly GPUBuffer[],
): Promise<Prepared> {
  const scratch = (lowering.scratch ?? []).map((type) => createTensorBuffer(device, type, 'scratch'));
  const owned: (GPUBuffer | GPUTexture)[] = [...scratch];
  const pipelines = await Promise.all(lowering.calls.map((call) => cache.get(call)));
  const calls = lowering.calls.map((call, i) => {
    const { pipeline, layout, pack, label } = pipelines[i]!;
    const copies: TextureCopy[] = [];
    const entries: GPUBindGroupEntry[] = call.buffers.map((ref, binding) => {
      const buffer = { input: inputs, output: outputs, scratch }[ref.of][ref.index]!;
      if (!ref.texture) return { binding, resource: { buffer } };
      const texture = createOperandTexture(device, ref.texture);
      owned.push(texture);
      copies.push({ source: buffer, texture, layout: ref.texture });
      return { binding, resource: texture.createView() };
    });
    if (pack) {
      const block = pack(call.params!);
      const params = device.createBuffer({ size: block.byteLength, usage: BufferUsage.UNIFORM | BufferUsage.COPY_DST });
      device.queue.writeBuffer(params, 0, block);
      owned.push(params);
      entries.push({ binding: call.buffers.length, resource: { buffer: params } });
    }
    return {
      copies,
      pipeline,
      label,
      workgroups: call.workgroups,
      bindings: device.createBindGroup({ layout, entries }),
    };
  });
  return { calls, dispose: () => owned.forEach((resource) => void resource.destroy()) };
}

/** Copies stand outside of passes: a call that wants some begins a pass of its own. */
export function encodeCalls(encoder: GPUCommandEncoder, calls: readonly PreparedCall[]): void {
  let pass: GPUComputePassEncoder | null = null;
  for (const { copies, pipeline, bindings, workgroups } of calls) {
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

/** Copies a buffer's bytes back to the CPU. */
export async function readBuffer(
  device: GPUDevice,
  buffer: GPUBuffer,
  bytes: number = buffer.size,
): Promise<ArrayBuffer> {
  const size = Math.ceil(bytes / 4) * 4;
  return (await readParts(device, [{ buffer, size }])).slice(0, bytes);
}

/** Copies whole buffers back, one behind the other: `total` bytes, with one wait. */
export const readBuffers = (device: GPUDevice, buffers: readonly GPUBuffer[], total: number): Promise<ArrayBuffer> =>
  readParts(
    device,
    buffers.map((buffer) => ({ buffer, size: buffer.size })),
    total,
  );

async function readParts(
  device: GPUDevice,
  parts: readonly { buffer: GPUBuffer; size: number }[],
  total: number = parts[0]!.size,
): Promise<ArrayBuffer> {
  const staging = device.createBuffer({ size: total, usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST });
  const encoder = device.createCommandEncoder();
  let at = 0;
  for (const { buffer, size } of parts) {
    encoder.copyBufferToBuffer(buffer, 0, staging, at, size);
    at += size;
  }
  device.queue.submit([encoder.finish()]);
  await settled(staging.mapAsync(MapMode.READ));
  const copy = staging.getMappedRange().slice(0);
  staging.destroy();
  return copy;
}

/** Buffers for the operands of one lowering, the inputs filled. */
export function bindTensors(
  device: GPUDevice,
  inputs: readonly { type: TensorType; data: ArrayBufferView }[],
  outputs: readonly TensorType[],
): { inputs: GPUBuffer[]; outputs: GPUBuffer[]; dispose(): void } {
  const bind = (type: TensorType): GPUBuffer => createTensorBuffer(device, type);
  const bound = { inputs: inputs.map(({ type }) => bind(type)), outputs: outputs.map(bind) };
  for (const [i, { data }] of inputs.entries()) uploadTensor(device, bound.inputs[i]!, data);
  return { ...bound, dispose: () => [...bound.inputs, ...bound.outputs].forEach((buffer) => void buffer.destroy()) };
}

/** Runs a lowering on packed input data; gives back each output's bytes, and each input's after the run. */
export async function runLowering(
  device: GPUDevice,
  cache: PipelineCache,
  lowering: Lowering,
  inputs: readonly { type: TensorType; data: ArrayBufferView }[],
  outputs: readonly TensorType[],
): Promise<{ outputs: ArrayBuffer[]; inputs: ArrayBuffer[] }> {
  const bound = bindTensors(device, inputs, outputs);
  const prepared = await prepareLowering(device, cache, lowering, bound.inputs, bound.outputs);
  const encoder = device.createCommandEncoder();
  encodeCalls(encoder, prepared.calls);
  device.queue.submit([encoder.finish()]);
  const back = (type: TensorType, buffer: GPUBuffer): Promise<ArrayBuffer> =>
    readBuffer(device, buffer, sizeOf(type.shape) * bytesPerElement[type.dtype]);
  const result = {
    outputs: await Promise.all(outputs.map((type, i) => back(type, bound.outputs[i]!))),
    inputs: await Promise.all(inputs.map(({ type }, i) => back(type, bound.inputs[i]!))),
  };
  prepared.dispose();
  bound.dispose();
  return result;
}
