/** The engine: one device, its pipelines, the variables on it, and the plans compiled for it. */

import type { DeviceProfile } from '../kernels/kernel.js';
import { type DeviceOptions, type OpenDevice, openDevice } from './device.js';
import { DeviceLoss } from './device-loss.js';
import { EngineError } from './errors.js';
import type { Graph } from './graph.js';
import { PipelineCache } from './pipelines.js';
import { type CompileOptions, type Host, Plan } from './plan.js';
import { type PlanOptions, planProgram, printMemory, printProgram } from './planner.js';
import { settled } from './platform/gpu.js';
import { profileTable } from './profiler.js';
import { Variables } from './variables.js';

export { randomNumbers } from '../kernels/random/philox.js';
export { gradients } from './autograd.js';
export * from './device.js';
export * from './errors.js';
export type { GradientContext, Node, Op } from './graph.js';
export { Graph, Tensor } from './graph.js';
export * from './ops/index.js';
export { Plan } from './plan.js';
export { settled } from './platform/gpu.js';
export { chromeTrace, type ProfileRow, profileTable } from './profiler.js';
export { type TensorData, Variables } from './variables.js';

/** Work in one submit stays short, so that a display or a watchdog is not starved (§3, device lost). */
const DISPATCHES_PER_SUBMIT = { software: 512, integrated: 64, discrete: 128 } as const;

export class Engine {
  #open: OpenDevice;
  #host: Host;
  readonly #options: DeviceOptions;
  readonly #plans = new Set<Plan>();
  #rebuilt = false;
  #disposed = false;

  constructor(open: OpenDevice, options: DeviceOptions) {
    this.#open = open;
    this.#options = options;
    this.#host = hostOf(open);
  }

  get profile(): DeviceProfile {
    return this.#open.profile;
  }

  get device(): GPUDevice {
    return this.#open.device;
  }

  get variables(): Variables {
    return this.#host.variables;
  }

  get pipelines(): PipelineCache {
    return this.#host.pipelines;
  }

  /** Resolves with the reason when the device goes away. */
  get lost(): Promise<GPUDeviceLostInfo> {
    return this.#host.device.lost;
  }

  /** Plans the graph for this device and makes its pipelines, buffers and bind groups. */
  async compile(graph: Graph, options: PlanOptions & CompileOptions = {}): Promise<Plan> {
    const plan = new Plan(planProgram(graph, this.profile, options), () => this.#host, {
      onKernelTimes: debug('kernels') ? (rows) => console.error(profileTable(rows)) : undefined,
      onDispose: (disposed) => this.#plans.delete(disposed),
    });
    if (debug('plan')) console.error(printProgram(plan.program));
    else if (debug('memory')) console.error(printMemory(plan.program));
    await plan.prepare(options);
    this.#plans.add(plan);
    return plan;
  }

  /**
   * After the device was lost: opens a new one and has `restore` write the weights again; plans prepare themselves at
   * their next run. Once: a device that goes away twice is not coming back.
   */
  async rebuild(restore: (variables: Variables) => void | Promise<void>): Promise<void> {
    if (this.#rebuilt)
      throw new EngineError('the device was lost a second time; start a new engine, or see `node engine doctor`');
    if (this.#options.device) throw new EngineError('the lost device was injected; give the engine a new one');
    this.#rebuilt = true;
    this.#open = await openDevice(this.#options);
    this.#host = hostOf(this.#open);
    await restore(this.#host.variables);
  }

  /** An engine with variables and plans of its own on the same device, which stays this engine's. */
  fork(): Engine {
    return new Engine({ ...this.#open, owned: false }, { device: this.device });
  }

  /** Waits until the device has done all submitted work. */
  async idle(): Promise<void> {
    await settled(this.device.queue.onSubmittedWorkDone());
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const plan of this.#plans) plan.dispose();
    this.#host.variables.dispose();
    if (this.#open.owned) this.#open.device.destroy();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function hostOf({ device, profile }: OpenDevice): Host {
  return {
    device,
    pipelines: new PipelineCache(device),
    variables: new Variables(device, Math.min(profile.maxBindingBytes, profile.maxBufferBytes)),
    loss: new DeviceLoss(device.lost),
    dispatchesPerSubmit: DISPATCHES_PER_SUBMIT[profile.kind],
  };
}

/**
 * Opens a device (or takes the one in `options`) and makes an engine on it.
 * @throws {AdapterError} when there is no usable device
 */
export async function createEngine(options: DeviceOptions = {}): Promise<Engine> {
  return new Engine(await openDevice(options), options);
}

/** `DEBUG=plan,kernels,memory`. */
export function debug(topic: 'plan' | 'kernels' | 'memory'): boolean {
  return typeof process !== 'undefined' && (process.env.DEBUG ?? '').split(',').includes(topic);
}
