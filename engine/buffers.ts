/** Tensors in buffers of a device: made, written and copied back. */

import { byteLength, type TensorType } from '../kernels/kernel.js';
import { BufferUsage, MapMode } from './gpu-flags.js';
import { settled } from './platform/gpu.js';

/** Tensors are bound as storage, written by the host and read back. */
export const TENSOR_USAGE: GPUBufferUsageFlags = BufferUsage.STORAGE | BufferUsage.COPY_SRC | BufferUsage.COPY_DST;

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

/** Copies a buffer's bytes back to the CPU. */
export async function readBuffer(
  device: GPUDevice,
  buffer: GPUBuffer,
  bytes: number = buffer.size,
): Promise<ArrayBuffer> {
  const size = Math.ceil(bytes / 4) * 4;
  return (await readParts(device, [{ buffer, size }], size)).slice(0, bytes);
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
  total: number,
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
): { inputs: { buffer: GPUBuffer }[]; outputs: { buffer: GPUBuffer }[]; dispose(): void } {
  const make = (type: TensorType): { buffer: GPUBuffer } => ({ buffer: createTensorBuffer(device, type) });
  const bound = { inputs: inputs.map(({ type }) => make(type)), outputs: outputs.map(make) };
  for (const [i, { data }] of inputs.entries()) uploadTensor(device, bound.inputs[i]!.buffer, data);
  return {
    ...bound,
    dispose: () => [...bound.inputs, ...bound.outputs].forEach(({ buffer }) => void buffer.destroy()),
  };
}
