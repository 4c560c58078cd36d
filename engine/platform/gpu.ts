/**
 * The one seam to the host platform. In Node it loads Dawn's bindings and gives the main thread back while a promise is
 * pending; in a browser `navigator.gpu` and the event loop serve.
 */

import { AdapterError } from '../errors.js';

const inNode = typeof process !== 'undefined' && process.versions?.node !== undefined;

/** Flags for Dawn's `create`; see docs of `dawn toggles`. */
const DAWN_TOGGLES = [
  'enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia,use_vulkan_memory_model',
  'disable-dawn-features=timestamp_quantization',
];

/** A `GPU` object: the browser's, or Dawn's. `backend: 'null'` compiles shaders without any GPU. */
export async function openGpu(options: { backend?: 'null'; toggles?: readonly string[] } = {}): Promise<GPU> {
  if (!inNode) {
    const { navigator } = globalThis as { navigator?: { gpu?: GPU } };
    if (!navigator?.gpu) {
      throw new AdapterError('this browser has no WebGPU; use a current Chrome, Edge, Safari or Firefox');
    }
    return navigator.gpu;
  }
  // A computed name keeps bundlers for the browser from following the import.
  const moduleName = 'webgpu';
  const { create, globals } = (await import(moduleName)) as {
    create(flags: string[]): GPU;
    globals: Record<string, unknown>;
  };
  for (const [name, value] of Object.entries(globals))
    if (!(name in globalThis)) Object.assign(globalThis, { [name]: value });
  return create([
    ...(options.backend ? [`backend=${options.backend}`] : []),
    ...DAWN_TOGGLES,
    ...(options.toggles ?? []),
  ]);
}

/**
 * Waits for a GPU promise. Dawn's Node binding spins the main thread while a promise is pending, which on a CPU-backed
 * driver takes a core from the work itself (12.9 → 24 GFLOP/s on two cores when the thread sleeps instead).
 */
export async function settled<T>(promise: Promise<T>): Promise<T> {
  if (!inNode) return promise;
  let pending = true;
  const done = promise.finally(() => {
    pending = false;
  });
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const tick = (): void => {
    if (!pending) return;
    Atomics.wait(sleeper, 0, 0, 1);
    setImmediate(tick);
  };
  setImmediate(tick);
  return done;
}
