/** What a plan holds on a device: buffers, textures, and dispatches over them. */

import { bytesPerElement, sizeOf, type TensorType } from '../kernels/kernel.js';
import { createTensorBuffer, uploadTensor } from './buffers.js';
import type { DeviceLoss } from './device-loss.js';
import { bindCalls, type Dispatch, type Operand } from './dispatch.js';
import { BufferUsage } from './gpu-flags.js';
import type { Pipeline, PipelineCache } from './pipelines.js';
import type { Binding, Program, StorageLocation } from './program.js';
import { createOperandTexture, textureBytes } from './texture-operands.js';
import type { Variables } from './variables.js';

/** What a plan needs of its engine; the engine swaps it after a device was lost. */
export interface Host {
  readonly device: GPUDevice;
  readonly pipelines: PipelineCache;
  readonly variables: Variables;
  readonly loss: DeviceLoss;
  /** Most dispatches in one submit. */
  readonly dispatchesPerSubmit: number;
}

export interface OutputBuffers {
  readonly source: GPUBuffer;
  readonly staging: GPUBuffer;
  readonly type: TensorType;
}

export class PlanResources {
  readonly host: Host;
  readonly inputs: ReadonlyMap<string, GPUBuffer>;
  readonly outputs: ReadonlyMap<string, OutputBuffers>;
  readonly dispatches: readonly Dispatch[];
  /** Bytes of all buffers and textures, without the engine's variables. */
  readonly bytes: number;
  readonly #program: Program;
  readonly #owned: (GPUBuffer | GPUTexture)[] = [];
  readonly #slots: readonly GPUBuffer[];
  readonly #constants: ReadonlyMap<number, GPUBuffer>;

  /** `pipelines` are those of the program's steps. */
  constructor(host: Host, program: Program, pipelines: readonly Pipeline[]) {
    this.host = host;
    this.#program = program;
    try {
      this.#slots = program.slots.slots.map((bytes, i) => this.#tensor(words(bytes), `slot ${i}`));
      this.inputs = new Map([...program.inputs].map(([name, type]) => [name, this.#tensor(type, `input ${name}`)]));
      this.#constants = new Map(
        [...program.constants].map(([id, { type, data }]) => [id, this.#tensor(type, `constant ${id}`, data)]),
      );
      for (const [name, type] of program.variables) host.variables.ensure(name, type);
      this.dispatches = this.#bind(pipelines);
      this.outputs = new Map(
        [...program.outputs].map(([name, { type, location }]) => [
          name,
          { source: this.#bufferAt(location), staging: this.#staging(type, `staging ${name}`), type },
        ]),
      );
    } catch (error) {
      this.dispose();
      throw error;
    }
    this.bytes = [
      ...program.textures.map(textureBytes),
      ...this.#owned.map((resource) => ('size' in resource ? resource.size : 0)),
    ].reduce((sum, bytes) => sum + bytes, 0);
  }

  dispose(): void {
    for (const resource of this.#owned) resource.destroy();
  }

  #own<R extends GPUBuffer | GPUTexture>(resource: R): R {
    this.#owned.push(resource);
    return resource;
  }

  #tensor(type: TensorType, label: string, data?: ArrayBufferView): GPUBuffer {
    const { device } = this.host;
    const buffer = this.#own(createTensorBuffer(device, type, label));
    if (data) uploadTensor(device, buffer, data);
    return buffer;
  }

  #staging({ shape, dtype }: TensorType, label: string): GPUBuffer {
    const size = Math.ceil((sizeOf(shape) * bytesPerElement[dtype]) / 4) * 4;
    const usage = BufferUsage.MAP_READ | BufferUsage.COPY_DST;
    return this.#own(this.host.device.createBuffer({ label, size, usage }));
  }

  #bind(pipelines: readonly Pipeline[]): readonly Dispatch[] {
    const { device } = this.host;
    const textures = this.#program.textures.map((layout) => this.#own(createOperandTexture(device, layout)));
    const operandOf = (binding: Binding): Operand => {
      if (binding.in !== 'texture') return { buffer: this.#bufferAt(binding), size: binding.bytes };
      const { layout, source } = binding;
      return { buffer: this.#bufferAt(source), texture: { texture: textures[binding.texture]!, layout } };
    };
    const calls = this.#program.steps.map(({ call, bindings }, i) => ({
      call,
      pipeline: pipelines[i]!,
      operands: bindings.map(operandOf),
    }));
    const { dispatches, parameters } = bindCalls(device, calls);
    this.#own(parameters);
    return dispatches;
  }

  #bufferAt(location: StorageLocation): GPUBuffer {
    switch (location.in) {
      case 'slot':
        return this.#slots[location.slot]!;
      case 'input':
        return this.inputs.get(location.name)!;
      case 'variable':
        return this.host.variables.ensure(location.name, this.#program.variables.get(location.name)!).buffer;
      case 'constant':
        return this.#constants.get(location.id)!;
    }
  }
}

const words = (bytes: number): TensorType => ({ shape: [Math.ceil(bytes / 4)], dtype: 'u32' });
