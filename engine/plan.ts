/** A compiled graph on a device: buffers, pipelines and bind groups made once, then replayed. */

import { bytesPerElement, sizeOf, type TensorType, typeText } from '../kernels/kernel.js';
import type { DeviceLoss } from './device-loss.js';
import { DeviceError, DeviceLostError, EngineError, PlanInputError } from './errors.js';
import { createTensorBuffer, encodeCalls, type PreparedCall, uploadTensor } from './execute.js';
import { BufferUsage, MapMode } from './gpu-flags.js';
import type { PipelineCache } from './pipelines.js';
import type { Program, Stored } from './planner.js';
import { printMemory, printProgram } from './planner.js';
import { settled } from './platform/gpu.js';
import { type ProfileRow, profileCalls } from './profiler.js';
import { createOperandTexture, type TextureCopy, textureBytes } from './texture-operands.js';
import { type TensorData, typedView, type Variables } from './variables.js';

/** What a plan needs of its engine; the engine swaps it after a device was lost. */
export interface Host {
  readonly device: GPUDevice;
  readonly pipelines: PipelineCache;
  readonly variables: Variables;
  readonly loss: DeviceLoss;
  /** Most dispatches in one submit. */
  readonly dispatchesPerSubmit: number;
}

export interface CompileOptions {
  /** Called after each pipeline with how many of how many are ready. */
  onProgress?: (done: number, total: number) => void;
}

export interface PlanHooks {
  /** Given the times of the second run's kernels (the first one compiles), which then runs slower. */
  onKernelTimes?: ((rows: ProfileRow[]) => void) | undefined;
  onDispose?: (plan: Plan) => void;
}

interface Resources {
  host: Host;
  inputs: Map<string, GPUBuffer>;
  outputs: Map<string, { source: GPUBuffer; staging: GPUBuffer; bytes: number; type: TensorType }>;
  calls: PreparedCall[];
  owned: (GPUBuffer | GPUTexture)[];
  bytes: number;
}

const UNIFORM_ALIGNMENT = 256;

export class Plan {
  readonly program: Program;
  readonly #currentHost: () => Host;
  readonly #hooks: PlanHooks;
  #runs = 0;
  #resources: Resources | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #disposed = false;

  constructor(program: Program, currentHost: () => Host, hooks: PlanHooks = {}) {
    this.program = program;
    this.#currentHost = currentHost;
    this.#hooks = hooks;
  }

  /** Makes buffers, pipelines (concurrently) and bind groups on the engine's device. */
  async prepare(options: CompileOptions = {}): Promise<void> {
    const host = this.#currentHost();
    if (this.#resources?.host === host) return;
    this.#release();
    const { device, pipelines, variables } = host;
    const { program } = this;
    let done = 0;
    const compiled = await Promise.all(
      program.steps.map(async ({ call }) => {
        const pipeline = await pipelines.get(call);
        options.onProgress?.(++done, program.steps.length);
        return pipeline;
      }),
    );

    const owned: (GPUBuffer | GPUTexture)[] = [];
    const own = (type: TensorType, label: string): GPUBuffer => {
      const buffer = createTensorBuffer(device, type, label);
      owned.push(buffer);
      return buffer;
    };
    const bytesType = (bytes: number): TensorType => ({ shape: [Math.ceil(bytes / 4)], dtype: 'u32' });
    const slots = program.slots.slots.map((bytes, i) => own(bytesType(bytes), `slot ${i}`));
    const inputs = new Map([...program.inputs].map(([name, type]) => [name, own(type, `input ${name}`)]));
    const constants = new Map(
      [...program.constants].map(([id, { type, data }]) => {
        const buffer = own(type, `constant ${id}`);
        uploadTensor(device, buffer, data);
        return [id, buffer];
      }),
    );
    for (const [name, type] of program.variables) variables.ensure(name, type);
    const textures = program.textures.map((layout) => createOperandTexture(device, layout));
    owned.push(...textures);
    const bufferOf = (place: Stored): GPUBuffer => {
      switch (place.in) {
        case 'slot':
          return slots[place.slot]!;
        case 'input':
          return inputs.get(place.name)!;
        case 'variable':
          return variables.ensure(place.name, program.variables.get(place.name)!).buffer;
        case 'constant':
          return constants.get(place.id)!;
        default:
          throw new EngineError(`no such place: ${JSON.stringify(place satisfies never)}`);
      }
    };

    // Every step's parameters are fixed once shapes are, so they are written once, into one buffer.
    const blocks = program.steps.map(({ call }, i) => compiled[i]!.pack?.(call.params!) ?? null);
    const arenaBytes = blocks.reduce((sum, b) => sum + (b ? align(b.byteLength) : 0), 0);
    const arena = device.createBuffer({
      label: 'parameters',
      size: Math.max(arenaBytes, UNIFORM_ALIGNMENT),
      usage: BufferUsage.UNIFORM | BufferUsage.COPY_DST,
    });
    owned.push(arena);
    const arenaData = new Uint8Array(arenaBytes);
    let offset = 0;
    const calls = program.steps.map((step, i): PreparedCall => {
      const { pipeline, layout, label } = compiled[i]!;
      const copies: TextureCopy[] = [];
      const entries: GPUBindGroupEntry[] = step.places.map((place, binding) => {
        if (place.in !== 'texture')
          return { binding, resource: { buffer: bufferOf(place), offset: 0, size: place.bytes } };
        const texture = textures[place.texture]!;
        copies.push({ source: bufferOf(place.source), texture, layout: place.layout });
        return { binding, resource: texture.createView() };
      });
      const block = blocks[i];
      if (block) {
        arenaData.set(new Uint8Array(block), offset);
        entries.push({ binding: step.places.length, resource: { buffer: arena, offset, size: block.byteLength } });
        offset += align(block.byteLength);
      }
      return {
        copies,
        pipeline,
        label,
        workgroups: step.call.workgroups,
        bindings: device.createBindGroup({ layout, entries }),
      };
    });
    if (arenaBytes > 0) device.queue.writeBuffer(arena, 0, arenaData);

    const outputs = new Map(
      [...program.outputs].map(([name, { type, place }]) => {
        const bytes = Math.ceil((sizeOf(type.shape) * bytesPerElement[type.dtype]) / 4) * 4;
        const staging = device.createBuffer({
          label: `staging ${name}`,
          size: bytes,
          usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST,
        });
        owned.push(staging);
        return [name, { source: bufferOf(place), staging, bytes, type }];
      }),
    );
    const bytes = [
      ...program.textures.map(textureBytes),
      ...owned.map((resource) => ('size' in resource ? resource.size : 0)),
    ].reduce((sum, size) => sum + size, 0);
    this.#resources = { host, inputs, outputs, calls, owned, bytes };
  }

  /**
   * Runs the plan once. `inputs` has one array for each of the graph's inputs, in elements of its dtype (f16: bits in a
   * Uint16Array). Reads back every output, or those named in `read` (an empty list reads nothing and does not wait).
   * Calls queue behind each other. Throws PlanInputError, DeviceError, DeviceLostError, or `signal`'s reason.
   */
  run(
    inputs: Readonly<Record<string, TensorData>> = {},
    options: { read?: readonly string[]; signal?: AbortSignal } = {},
  ): Promise<Record<string, Float32Array>> {
    const turn = this.#queue.then(() => this.#run(inputs, options));
    this.#queue = turn.catch(() => {});
    return turn;
  }

  async #run(
    inputs: Readonly<Record<string, TensorData>>,
    { read, signal }: { read?: readonly string[]; signal?: AbortSignal },
  ): Promise<Record<string, Float32Array>> {
    signal?.throwIfAborted();
    if (this.#disposed) throw new EngineError('this plan was disposed');
    await this.prepare();
    const resources = this.#resources!;
    const { device } = resources.host;
    this.#write(inputs, resources);
    device.pushErrorScope('out-of-memory');
    device.pushErrorScope('validation');
    if (++this.#runs === 2 && this.#hooks.onKernelTimes) {
      this.#hooks.onKernelTimes(await profileCalls(device, resources.calls, this.program.steps));
    } else this.#submit(resources);
    const names = read ?? [...resources.outputs.keys()];
    const wanted = names.map((name) => {
      const output = resources.outputs.get(name);
      if (!output)
        throw new PlanInputError(
          `the plan has no output '${name}'; it has ${[...resources.outputs.keys()].join(', ')}`,
        );
      return { name, ...output };
    });
    if (wanted.length > 0) {
      const encoder = device.createCommandEncoder();
      for (const { source, staging, bytes } of wanted) encoder.copyBufferToBuffer(source, 0, staging, 0, bytes);
      device.queue.submit([encoder.finish()]);
    }
    const failed = Promise.all([device.popErrorScope(), device.popErrorScope()]).then(
      (errors) => errors.find((e) => e) ?? null,
    );
    if (wanted.length === 0) {
      void failed.then((error) => {
        if (error) console.error(`plan: ${error.message}`);
      });
      return {};
    }
    const mapped = Promise.all(wanted.map(({ staging }) => staging.mapAsync(MapMode.READ)));
    await settled(resources.host.loss.orLost(mapped, (info) => this.#lossError(info)));
    const error = await failed;
    const result: Record<string, Float32Array> = {};
    for (const { name, staging, type } of wanted) {
      const bytes = staging.getMappedRange().slice(0, sizeOf(type.shape) * bytesPerElement[type.dtype]);
      staging.unmap();
      result[name] = typedView(type, bytes) as Float32Array;
    }
    if (error) throw new DeviceError(`the device refused the plan's work: ${error.message}`);
    return result;
  }

  #lossError({ reason, message }: GPUDeviceLostInfo): DeviceLostError {
    const lastSteps = this.program.steps.slice(-3).map((s) => `${s.op} ${s.path}`);
    return new DeviceLostError(reason, message, lastSteps);
  }

  #write(inputs: Readonly<Record<string, TensorData>>, { host, inputs: buffers }: Resources): void {
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

  #submit({ host, calls }: Resources): void {
    for (let at = 0; at < calls.length; at += host.dispatchesPerSubmit) {
      const encoder = host.device.createCommandEncoder();
      encodeCalls(encoder, calls.slice(at, at + host.dispatchesPerSubmit));
      host.device.queue.submit([encoder.finish()]);
    }
  }

  /** Runs once with a timestamp pair around each dispatch; slower than `run`, and only for looking. */
  async profile(inputs: Readonly<Record<string, TensorData>>): Promise<ProfileRow[]> {
    await this.prepare();
    this.#write(inputs, this.#resources!);
    return profileCalls(this.#resources!.host.device, this.#resources!.calls, this.program.steps);
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
    for (const buffer of this.#resources?.owned ?? []) buffer.destroy();
    this.#resources = null;
  }

  dispose(): void {
    this.#disposed = true;
    this.#hooks.onDispose?.(this);
    void this.#queue.finally(() => this.#release());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

const align = (bytes: number): number => Math.ceil(bytes / UNIFORM_ALIGNMENT) * UNIFORM_ALIGNMENT;
