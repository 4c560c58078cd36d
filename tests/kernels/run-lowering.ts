/** Runs one lowering on packed input data and gives back each output's bytes. */

import { bindTensors, readBuffer } from '../../engine/buffers.js';
import { dispatchLowering, encodeDispatches } from '../../engine/dispatch.js';
import type { PipelineCache } from '../../engine/pipelines.js';
import { bytesPerElement, type Lowering, sizeOf, type TensorType } from '../../kernels/kernel.js';

export async function runLowering(
  device: GPUDevice,
  cache: PipelineCache,
  lowering: Lowering,
  inputs: readonly { type: TensorType; data: ArrayBufferView }[],
  outputs: readonly TensorType[],
): Promise<ArrayBuffer[]> {
  const bound = bindTensors(device, inputs, outputs);
  const prepared = await dispatchLowering(device, cache, lowering, bound);
  const encoder = device.createCommandEncoder();
  encodeDispatches(encoder, prepared.dispatches);
  device.queue.submit([encoder.finish()]);
  const result = await Promise.all(
    outputs.map(({ shape, dtype }, i) =>
      readBuffer(device, bound.outputs[i]!.buffer, sizeOf(shape) * bytesPerElement[dtype]),
    ),
  );
  prepared.dispose();
  bound.dispose();
  return result;
}
