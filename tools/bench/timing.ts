/** Times one lowering on a device. */

import { bindTensors } from '../../engine/buffers.js';
import { dispatchLowering, encodeDispatches } from '../../engine/dispatch.js';
import { DeviceError } from '../../engine/errors.js';
import type { PipelineCache } from '../../engine/pipelines.js';
import { settled } from '../../engine/platform/gpu.js';
import type { Lowering, TensorType } from '../../kernels/kernel.js';

/** Work of one submit is at least this long, so that the cost of submitting and waiting does not count. */
const BATCH_MS = 60;
const MOST_IN_A_BATCH = 2000;

export interface Timing {
  minMs: number;
  medianMs: number;
  samples: number;
}

export async function timeLowering(
  device: GPUDevice,
  cache: PipelineCache,
  lowering: Lowering,
  inputs: readonly { type: TensorType; bytes: Uint8Array }[],
  outputs: readonly TensorType[],
  seconds: number,
): Promise<Timing> {
  const bound = bindTensors(
    device,
    inputs.map(({ type, bytes }) => ({ type, data: bytes })),
    outputs,
  );
  const prepared = await dispatchLowering(device, cache, lowering, bound);
  const once = async (times: number): Promise<number> => {
    const encoder = device.createCommandEncoder();
    for (let i = 0; i < times; i++) encodeDispatches(encoder, prepared.dispatches);
    const start = performance.now();
    device.queue.submit([encoder.finish()]);
    await settled(device.queue.onSubmittedWorkDone());
    return (performance.now() - start) / times;
  };
  try {
    device.pushErrorScope('validation');
    await once(1); // The first dispatch compiles on software drivers.
    const estimate = await once(1);
    const error = await device.popErrorScope();
    if (error) throw new DeviceError(`${lowering.variant}: ${error.message}`);
    const times = Math.min(MOST_IN_A_BATCH, Math.max(1, Math.round(BATCH_MS / estimate)));
    const samples: number[] = [];
    for (const end = performance.now() + seconds * 1000; performance.now() < end || samples.length < 3; ) {
      samples.push(await once(times));
    }
    samples.sort((a, b) => a - b);
    return { minMs: samples[0]!, medianMs: samples[samples.length >> 1]!, samples: samples.length };
  } finally {
    prepared.dispose();
    bound.dispose();
  }
}
