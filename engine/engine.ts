/** The engine: one device, its pipelines, the variables on it, and the plans compiled for it. */

import type { DeviceProfile } from '../kernels/kernel.js';
import { type DeviceOptions, type OpenDevice, openDevice } from './device.js';
import { DeviceLoss } from './device-loss.js';
import { DisposedError, DTypeError, EngineError } from './errors.js';
import type { Graph } from './graph.js';
import { PipelineCache } from './pipelines.js';
import { type OutputTypes, Plan } from './plan.js';
import type { Host } from './plan-resources.js';
import { type PlanOptions, planProgram } from './planner.js';
import { settled } from './platform/gpu.js';
import { printMemory, printProgram } from './print-program.js';
import { profileTable } from './profiler.js';
import { Variables } from './variables.js';

export { randomNumbers } from '../kernels/random/philox.js';
export { gradients } from './autograd.js';
export * from './device.js';
export * from './errors.js';
export type { GradientContext, Node, Op } from './graph.js';
export { Graph, Tensor } from './graph.js';
export * from './ops/index.js';
export { type OutputTypes, Plan, type PlanOutputs, type RunOptions } from './plan.js';
export { settled } from './platform/gpu.js';
export { chromeTrace, type ProfileRow, profileTable } from './profiler.js';
export type { HostArrays, TensorData } from './tensor-data.js';
export { Variables } from './variables.js';

/** Work in one submit stays short, so that a display or a watchdog is not starved (§3, device lost). */
const DISPATCHES_PER_SUBMIT = { software: 512, integrated: 64, discrete: 128 } as const;

export interface CompileOptions<O extends OutputTypes = Record<string, 'f32'>> extends PlanOptions {
  /** Storage types of all outputs, where one of them is not f32: `{ label: 'u32', probability: 'f32' }`. */
  outputs?: O;
  /** Called after each pipeline with how many of how many are ready. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * A GPU device with what lives on it: compiled pipelines, variables (weights and training state), and plans. Made by
 * `createEngine`. Graphs are traced without it; `compile` makes one a plan, which shares the engine's variables by name. When
 * the device goes away, running plans reject with DeviceLostError and `rebuild` opens another. `dispose` frees the plans, the
 * variables and, unless it was injected, the device; nothing can be compiled after it.
 */
export class Engine {
  #open: OpenDevice;
  #host: Host;
  readonly #options: DeviceOptions;
  readonly #plans = new Set<{ dispose(): void }>();
  #rebuilt = false;
  #disposed = false;

  /** Engines are made by `createEngine`. */
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

  /**
   * Plans the graph for this device and makes its pipelines, buffers and bind groups.
   * @throws {DTypeError} when an output is not f32 and `options.outputs` does not say so
   * @throws {LimitError} when a tensor is larger than the device can bind
   * @throws {CompileError} when the device refuses a kernel
   * @throws {DisposedError} when the engine was disposed, also while it compiled
   */
  async compile<const O extends OutputTypes = Record<string, 'f32'>>(
    graph: Graph,
    options: CompileOptions<O> = {},
  ): Promise<Plan<O>> {
    this.#requireAlive();
    checkOutputTypes(graph, options.outputs);
    const plan: Plan<O> = new Plan<O>(planProgram(graph, this.profile, options), () => this.#host, {
      onKernelTimes: debug('kernels') ? (rows) => console.error(profileTable(rows)) : undefined,
      onDispose: () => this.#plans.delete(plan),
    });
    if (debug('plan')) console.error(printProgram(plan.program));
    else if (debug('memory')) console.error(printMemory(plan.program));
    this.#plans.add(plan);
    try {
      await plan.prepare(options.onProgress);
      this.#requireAlive();
    } catch (error) {
      plan.dispose();
      throw error;
    }
    return plan;
  }

  /**
   * After the device was lost: opens a new one and has `restore` write the weights again; plans prepare themselves at
   * their next run. Once: a device that goes away twice is not coming back.
   * @throws {EngineError} the second time, and when the device was injected
   * @throws {AdapterError} when there is no usable device any more
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
    this.#requireAlive();
    return new Engine({ ...this.#open, owned: false }, { device: this.device });
  }

  /** Waits until the device has done all submitted work. */
  async idle(): Promise<void> {
    await settled(this.device.queue.onSubmittedWorkDone());
  }

  /** Frees plans, variables and the engine's own device; a second call does nothing. */
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

  #requireAlive(): void {
    if (this.#disposed) throw new DisposedError('this engine was disposed; create another');
  }
}

function checkOutputTypes(graph: Graph, expected: OutputTypes | undefined): void {
  for (const [name, { dtype }] of graph.outputs) {
    const type = expected ? expected[name] : 'f32';
    if (type === dtype) continue;
    throw new DTypeError(
      `output '${name}' is ${dtype}, not ${type ?? 'named'}; give compile() the types of all outputs: { outputs: { ${name}: '${dtype}' } }`,
    );
  }
  for (const name of Object.keys(expected ?? {})) {
    if (!graph.outputs.has(name)) throw new DTypeError(`the graph has no output '${name}' that could be typed`);
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
