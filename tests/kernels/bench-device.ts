/** One device for every kernel test of a run. */

import { openDevice } from '../../engine/device.js';
import { PipelineCache } from '../../engine/pipelines.js';
import { openGpu } from '../../engine/platform/gpu.js';
import { cleanups } from '../harness/suite.js';
import type { Bench } from './harness.js';

/** Held for the life of the process: Dawn frees its instance, and with it the device's, when this object is collected. */
let gpu: GPU | undefined;
let opened: Promise<Bench> | undefined;

export function sharedBench(): Promise<Bench> {
  opened ??= open();
  return opened;
}

async function open(): Promise<Bench> {
  gpu = await openGpu();
  const open = await openDevice({ gpu });
  cleanups.push(() => open.device.destroy());
  return { ...open, cache: new PipelineCache(open.device) };
}
