/**
 * Runs many lowerings in one submit, every buffer surrounded by poison, and reads everything back at once.
 *
 * The poison is 0xff in every byte: a NaN as f16 and f32, the largest u32. It fills the padding behind inputs, whole
 * outputs and scratch before the run, and guard words behind every buffer; so a result that depends on something never
 * written, or on what lies past an operand, is NaN, and a store past an output is seen.
 */

import { TENSOR_USAGE } from '../../engine/buffers.js';
import { dispatchLowering, encodeDispatches, type Operand } from '../../engine/dispatch.js';
import { BufferUsage, MapMode } from '../../engine/gpu-flags.js';
import type { PipelineCache } from '../../engine/pipelines.js';
import { settled } from '../../engine/platform/gpu.js';
import { createOperandTexture, textureBytes } from '../../engine/texture-operands.js';
import {
  byteLength,
  bytesPerElement,
  type Lowering,
  sizeOf,
  type TensorType,
  type TextureLayout,
} from '../../kernels/kernel.js';

const POISON = 0xff;
const GUARD_BYTES = 256;

export interface GuardedJob {
  lowering: Lowering;
  inputs: readonly { type: TensorType; bytes: Uint8Array }[];
  outputs: readonly TensorType[];
  /** Contents of outputs before the run (kernels that work in place); poison where absent. */
  initial?: readonly (Uint8Array | undefined)[];
  /** Bind each buffer's guard words too, so that stores past the tensor reach them; else the tensor's own range. */
  exposeGuards: boolean;
}

export interface GuardedResult {
  /** Bytes of each tensor after the run. */
  outputs: Uint8Array[];
  inputs: Uint8Array[];
  /** What was written where nothing may be: `output 0, 8 bytes past its end`. */
  overruns: string[];
}

interface Placed {
  buffer: GPUBuffer;
  type: TensorType;
  name: string;
  /** Where its copy starts in the staging buffer. */
  at: number;
}

export async function runGuarded(
  device: GPUDevice,
  cache: PipelineCache,
  jobs: readonly GuardedJob[],
  meanwhile: () => void,
): Promise<GuardedResult[]> {
  const owned: GPUBuffer[] = [];
  let staged = 0;
  const place = (type: TensorType, name: string, contents?: Uint8Array): Placed => {
    const size = byteLength(type) + GUARD_BYTES;
    const buffer = device.createBuffer({ label: name, size, usage: TENSOR_USAGE, mappedAtCreation: true });
    const mapped = new Uint8Array(buffer.getMappedRange());
    mapped.fill(POISON);
    if (contents) mapped.set(contents);
    buffer.unmap();
    owned.push(buffer);
    staged += size;
    return { buffer, type, name, at: staged - size };
  };

  device.pushErrorScope('validation');
  const placed: { inputs: Placed[]; outputs: Placed[]; scratch: Placed[] }[] = [];
  const prepared = await Promise.all(
    jobs.map(({ lowering, inputs, outputs, initial, exposeGuards }) => {
      const tensors = {
        inputs: inputs.map(({ type, bytes }, i) => place(type, `input ${i}`, bytes)),
        outputs: outputs.map((type, i) => place(type, `output ${i}`, initial?.[i])),
        scratch: (lowering.scratch ?? []).map((type, i) => place(type, `scratch ${i}`)),
      };
      placed.push(tensors);
      const operandOf = ({ buffer, type }: Placed): Operand =>
        exposeGuards ? { buffer } : { buffer, size: byteLength(type) };
      const operands = { inputs: tensors.inputs.map(operandOf), outputs: tensors.outputs.map(operandOf) };
      return dispatchLowering(device, cache, lowering, operands, {
        scratch: (_, i) => operandOf(tensors.scratch[i]!),
        texture: (layout) => poisonedTexture(device, layout),
      });
    }),
  );
  const encoder = device.createCommandEncoder();
  encodeDispatches(
    encoder,
    prepared.flatMap(({ dispatches }) => dispatches),
  );
  const staging = device.createBuffer({ size: staged, usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST });
  owned.push(staging);
  for (const job of placed) {
    for (const { buffer, at } of [...job.inputs, ...job.outputs, ...job.scratch]) {
      encoder.copyBufferToBuffer(buffer, 0, staging, at, buffer.size);
    }
  }
  device.queue.submit([encoder.finish()]);
  const mapping = staging.mapAsync(MapMode.READ);
  const scope = device.popErrorScope();
  // The reference is computed on this thread while the driver compiles and runs.
  meanwhile();
  await settled(mapping);
  const error = await scope;
  if (error) throw new Error(`${jobs[0]!.lowering.variant}: ${error.message}`);
  const all = new Uint8Array(staging.getMappedRange());
  const results = placed.map(({ inputs, outputs, scratch }): GuardedResult => {
    const bytesOf = ({ type, at }: Placed): Uint8Array => all.slice(at, at + tensorBytes(type));
    return {
      outputs: outputs.map(bytesOf),
      inputs: inputs.map(bytesOf),
      overruns: [...inputs, ...outputs, ...scratch].flatMap(({ type, buffer, name, at }) => {
        const end = tensorBytes(type);
        const past = all.subarray(at + end, at + buffer.size);
        const first = past.findIndex((byte) => byte !== POISON);
        return first < 0 ? [] : [`${name}, ${first} bytes past its end`];
      }),
    };
  });
  staging.unmap();
  for (const lowering of prepared) lowering.dispose();
  for (const buffer of owned) buffer.destroy();
  return results;
}

/** Poison is left in the texels beside the tensor, and in a row below it. */
function poisonedTexture(device: GPUDevice, layout: TextureLayout): GPUTexture {
  const larger = { ...layout, height: layout.height + 1 };
  const texture = createOperandTexture(device, larger);
  const bytes = textureBytes(larger);
  device.queue.writeTexture({ texture }, new Uint8Array(bytes).fill(POISON), { bytesPerRow: bytes / larger.height }, [
    larger.width,
    larger.height,
  ]);
  return texture;
}

function tensorBytes(type: TensorType): number {
  return sizeOf(type.shape) * bytesPerElement[type.dtype];
}
