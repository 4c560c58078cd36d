/** A compiled graph on a device: buffers, pipelines and bind groups made once, then replayed. */

import { bytesPerElement, sizeOf, typeText } from '../kernels/kernel.js';
import { uploadTensor } from './buffers.js';
import { encodeDispatches } from './dispatch.js';
import { DeviceError, DeviceLostError, DisposedError, PlanInputError } from './errors.js';
import { MapMode } from './gpu-flags.js';
import { type Host, type OutputBuffers, PlanResources } from './plan-resources.js';
import { settled } from './platform/gpu.js';
import { printMemory, printProgram } from './print-program.js';
import { type ProfileRow, profileDispatches } from './profiler.js';
import type { Program } from './program.js';
import { type HostArrays, type HostType, type TensorData, typedView } from './tensor-data.js';

/** Storage types of a plan's outputs by name. */
export type OutputTypes = Readonly<Record<string, HostType>>;

/** What a run reads back: row-major arrays by the names of the outputs. */
export type PlanOutputs<O extends OutputTypes> = { [Name in keyof O]: HostArrays[O[Name]] };

export interface PlanHooks {
  /** Given the times of the second run's kernels (the first one compiles), which then runs slower. */
  onKernelTimes?: ((rows: ProfileRow[]) => void) | undefined;
  onDispose?: () => void;
}

export interface RunOptions {
  /** Names of the outputs to read back; all when absent. An empty list reads nothing and does not wait for the device. */
  read?: readonly string[];
  /** Stops a run that has not begun. */
  signal?: AbortSignal | undefined;
  /**
   * Told in the plan's first run, where that takes longer than a second, how many of its dispatches are done: some drivers
   * compile a kernel when it is first dispatched, for seconds each.
   */
  onCompiling?: ((done: number, total: number) => void) | undefined;
}

/** A part of a first run that takes less has hardly compiled. */
const QUICK_MS = 50;
/** A first run tells of its progress after this. */
const SILENT_MS = 1000;

type Inputs = Readonly<Record<string, TensorData>>;

/**
 * A graph compiled by `Engine.compile`, to be run any number of times. Its buffers hold inputs, activations, constants and
 * staging for outputs; variables belong to the engine and are shared with its other plans. After the engine was rebuilt
 * following the loss of its device, the next run makes everything anew. `dispose` frees the buffers once queued runs are done;
 * so does disposing the engine.
 */
export class Plan<O extends OutputTypes = Record<string, 'f32'>> {
  readonly program: Program;
  readonly #currentHost: () => Host;
  readonly #hooks: PlanHooks;
  #runs = 0;
  #resources: PlanResources | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #disposed = false;

  /** Plans are made by `Engine.compile`. */
  constructor(program: Program, currentHost: () => Host, hooks: PlanHooks = {}) {
    this.program = program;
    this.#currentHost = currentHost;
    this.#hooks = hooks;
  }

  /**
   * Makes buffers, pipelines (concurrently) and bind groups on the engine's device, unless they are there. `onProgress` is
   * called after each pipeline with how many of how many are ready.
   * @throws {CompileError} when the device refuses a kernel
   * @throws {LimitError} when a variable is larger than the device can bind
   */
  async prepare(onProgress?: (done: number, total: number) => void): Promise<PlanResources> {
    const host = this.#currentHost();
    if (this.#resources?.host === host) return this.#resources;
    this.#release();
    const { steps } = this.program;
    let done = 0;
    const pipelines = await Promise.all(
      steps.map(async ({ call }) => {
        const pipeline = await host.pipelines.get(call);
        onProgress?.(++done, steps.length);
        return pipeline;
      }),
    );
    this.#resources = new PlanResources(host, this.program, pipelines);
    return this.#resources;
  }

  /**
   * Runs the plan once. `inputs` has one array for each of the graph's inputs, row-major, in elements of its dtype (f16: bits
   * in a Uint16Array). Calls queue behind each other.
   * @throws {PlanInputError} when inputs are missing, unknown or of the wrong size, or a variable was never written
   * @throws {DeviceError} when the device reports a validation or out-of-memory error (of a run that reads nothing, it is
   * written to the console)
   * @throws {DeviceLostError} when the device goes away
   * @throws {DisposedError} when the plan was disposed
   * @throws the signal's reason, when it was aborted before the run began
   */
  run(inputs: Inputs = {}, options: RunOptions = {}): Promise<PlanOutputs<O>> {
    const turn = this.#queue.then(() => this.#run(inputs, options));
    this.#queue = turn.catch(() => {});
    return turn;
  }

  async #run(inputs: Inputs, { read, signal, onCompiling }: RunOptions): Promise<PlanOutputs<O>> {
    signal?.throwIfAborted();
    if (this.#disposed) throw new DisposedError('this plan was disposed; compile the graph again');
    const resources = await this.prepare();
    const { device } = resources.host;
    const wanted = this.#wanted(read, resources);
    this.#write(inputs, resources);
    const gradually = this.#runs === 0 && onCompiling;
    if (gradually) await this.#submitGradually(resources, onCompiling);
    device.pushErrorScope('out-of-memory');
    device.pushErrorScope('validation');
    if (++this.#runs === 2 && this.#hooks.onKernelTimes) {
      this.#hooks.onKernelTimes(await profileDispatches(device, resources.dispatches, this.program.steps));
    } else if (!gradually) this.#submit(resources);
    if (wanted.length > 0) {
      const encoder = device.createCommandEncoder();
      for (const [, { source, staging }] of wanted) {
        encoder.copyBufferToBuffer(source, 0, staging, 0, staging.size);
      }
      device.queue.submit([encoder.finish()]);
    }
    const failed = Promise.all([device.popErrorScope(), device.popErrorScope()]).then(
      (errors) => errors.find((e) => e) ?? null,
    );
    if (wanted.length === 0) {
      void failed.then((error) => {
        if (error) console.error(`plan: ${error.message}`);
      });
      return {} as PlanOutputs<O>;
    }
    const mapped = Promise.all(wanted.map(([, { staging }]) => staging.mapAsync(MapMode.READ)));
    await settled(resources.host.loss.orLost(mapped, (info) => this.#lossError(info)));
    const error = await failed;
    const result = Object.fromEntries(wanted.map(([name, output]) => [name, takeMapped(output)]));
    if (error) throw new DeviceError(`the device refused the plan's work: ${error.message}`);
    return result as PlanOutputs<O>;
  }

  /** The outputs to read back. */
  #wanted(read: readonly string[] | undefined, { outputs }: PlanResources): (readonly [string, OutputBuffers])[] {
    return (read ?? [...outputs.keys()]).map((name) => {
      const output = outputs.get(name);
      if (output) return [name, output] as const;
      throw new PlanInputError(`the plan has no output '${name}'; it has ${[...outputs.keys()].join(', ')}`);
    });
  }

  #lossError({ reason, message }: GPUDeviceLostInfo): DeviceLostError {
    const lastSteps = this.program.steps.slice(-3).map((s) => `${s.op} ${s.path}`);
    return new DeviceLostError(reason, message, lastSteps);
  }

  #write(inputs: Inputs, { host, inputs: buffers }: PlanResources): void {
    for (const [name, type] of this.program.inputs) {
      const data = inputs[name];
      const expected = sizeOf(type.shape);
      if (!data) throw new PlanInputError(`input '${name}' (${typeText(type)}) is missing`);
      if (data.length !== expected || data.BYTES_PER_ELEMENT !== bytesPerElement[type.dtype]) {
        throw new PlanInputError(
          `input '${name}' is ${typeText(type)}, ${expected} elements; found ${data.length} of ${data.constructor.name}`,
        );
      }
      uploadTensor(host.device, buffers.get(name)!, data);
    }
    for (const name of Object.keys(inputs)) {
      if (!this.program.inputs.has(name)) {
        throw new PlanInputError(
          `the plan uses no input '${name}'; it uses ${[...this.program.inputs.keys()].join(', ') || 'none'}`,
        );
      }
    }
    for (const [name, type] of this.program.variables) {
      if (!host.variables.ensure(name, type).written) {
        throw new PlanInputError(`variable '${name}' was never written; load the weights or initialise it first`);
      }
    }
  }

  /** Submits in parts and waits for each; parts grow for as long as the driver is quick, since waiting takes time too. */
  async #submitGradually(
    { host: { device, dispatchesPerSubmit, loss }, dispatches }: PlanResources,
    onCompiling: (done: number, total: number) => void,
  ): Promise<void> {
    const began = performance.now();
    let count = 1;
    for (let at = 0; at < dispatches.length; ) {
      const from = performance.now();
      device.pushErrorScope('validation');
      const encoder = device.createCommandEncoder();
      encodeDispatches(encoder, dispatches.slice(at, at + count));
      device.queue.submit([encoder.finish()]);
      const failed = device.popErrorScope();
      await settled(loss.orLost(device.queue.onSubmittedWorkDone(), (info) => this.#lossError(info)));
      const error = await failed;
      if (error) throw new DeviceError(`the device refused the plan's work: ${error.message}`);
      at += count;
      const quick = performance.now() - from < QUICK_MS;
      count = Math.min(dispatchesPerSubmit, quick ? 2 * count : Math.ceil(count / 2));
      if (performance.now() - began > SILENT_MS) onCompiling(Math.min(at, dispatches.length), dispatches.length);
    }
  }

  #submit({ host, dispatches }: PlanResources): void {
    for (let at = 0; at < dispatches.length; at += host.dispatchesPerSubmit) {
      const encoder = host.device.createCommandEncoder();
      encodeDispatches(encoder, dispatches.slice(at, at + host.dispatchesPerSubmit));
      host.device.queue.submit([encoder.finish()]);
    }
  }

  /**
   * Runs once with a timestamp pair around each dispatch; slower than `run`, and only for looking. Errors as `run`, and
   * @throws {EngineError} when the device has no timestamp queries
   */
  async profile(inputs: Inputs): Promise<ProfileRow[]> {
    const resources = await this.prepare();
    this.#write(inputs, resources);
    return profileDispatches(resources.host.device, resources.dispatches, this.program.steps);
  }

  /** CPU time of encoding and submitting one replay, in microseconds a step; does not wait for the device. */
  encodeOnly(): number {
    const start = performance.now();
    this.#submit(this.#resources!);
    return ((performance.now() - start) * 1000) / Math.max(1, this.program.steps.length);
  }

  toString(): string {
    return printProgram(this.program);
  }

  memory(): string {
    return printMemory(this.program);
  }

  /** Bytes that the plan holds on the device beside the engine's variables. */
  get bytes(): number {
    return this.#resources?.bytes ?? 0;
  }

  #release(): void {
    this.#resources?.dispose();
    this.#resources = null;
  }

  /** Frees the plan's buffers when the runs that are queued are done; later runs reject. */
  dispose(): void {
    this.#disposed = true;
    this.#hooks.onDispose?.();
    void this.#queue.finally(() => this.#release());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Copies a mapped output's elements and unmaps it. */
function takeMapped({ staging, type: { shape, dtype } }: OutputBuffers): TensorData {
  const bytes = staging.getMappedRange().slice(0, sizeOf(shape) * bytesPerElement[dtype]);
  staging.unmap();
  return typedView(dtype, bytes);
}
