/** Tensors that live on the device between runs: weights and optimiser state, shared by every plan of an engine. */

import { byteLength, bytesPerElement, sizeOf, type TensorType, typeText } from '../kernels/kernel.js';
import { createTensorBuffer, readBuffer, readBuffers, uploadTensor } from './buffers.js';
import { EngineError, LimitError } from './errors.js';
import { type TensorData, typedView } from './tensor-data.js';

/** A variable's buffer, and how much of it was written. */
interface Entry {
  type: TensorType;
  buffer: GPUBuffer;
  written: boolean;
  /** Elements written so far, where the variable comes in parts. */
  filled: number;
}

/**
 * The variables of an engine, by name: each has a type, and a buffer on the device that all of the engine's plans bind. A
 * variable is made by its first write, or by the first plan that names it; a plan runs only when all of its variables were
 * written. Data come and go as packed row-major arrays, f16 as its bits in a Uint16Array. `delete` and `dispose` free buffers at
 * once: no plan that binds them may run afterwards.
 */
export class Variables {
  readonly #entries = new Map<string, Entry>();
  readonly #device: GPUDevice;
  readonly #limit: number;

  /** Variables of more than `maxBytes` bytes are refused. */
  constructor(device: GPUDevice, maxBytes: number) {
    this.#device = device;
    this.#limit = maxBytes;
  }

  names(): string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** @throws {EngineError} when there is no such variable */
  typeOf(name: string): TensorType {
    return this.#entry(name).type;
  }

  /**
   * Sets a variable, and makes it where it is new.
   * @throws {EngineError} when the data do not have the type's size, or the variable exists with another type
   * @throws {LimitError} when it is larger than the device can bind
   */
  write(name: string, type: TensorType, data: TensorData): void {
    const expected = sizeOf(type.shape);
    if (data.length !== expected || data.BYTES_PER_ELEMENT !== bytesPerElement[type.dtype]) {
      throw new EngineError(
        `variable '${name}': ${typeText(type)} takes ${expected} elements of ${bytesPerElement[type.dtype]} bytes, found ${data.length} of ${data.BYTES_PER_ELEMENT}`,
      );
    }
    const entry = this.ensure(name, type);
    uploadTensor(this.#device, entry.buffer, data);
    entry.written = true;
  }

  /**
   * Sets the elements of a variable from `first` on, and makes it where it is new; a new one is complete when its parts
   * have come in order. Parts begin at a multiple of four bytes: f16 at an even element, and only the last may end at an
   * odd one. Errors as `write`, and
   * @throws {EngineError} when a part is out of range or out of order
   */
  writePart(name: string, type: TensorType, first: number, data: TensorData): void {
    const size = sizeOf(type.shape);
    const itemSize = bytesPerElement[type.dtype];
    const end = first + data.length;
    const fault =
      data.BYTES_PER_ELEMENT !== itemSize
        ? `elements of ${itemSize} bytes, found ${data.BYTES_PER_ELEMENT}`
        : !Number.isSafeInteger(first) || first < 0 || end > size
          ? `a part of its ${size} elements, found ${first}…${end}`
          : (first * itemSize) % 4 !== 0 || (end !== size && (end * itemSize) % 4 !== 0)
            ? `parts at multiples of four bytes, found ${first}…${end}`
            : undefined;
    if (fault) throw new EngineError(`variable '${name}': ${typeText(type)} takes ${fault}`);
    const entry = this.ensure(name, type);
    if (!entry.written && first > entry.filled) {
      throw new EngineError(
        `variable '${name}': the part from ${entry.filled} on is missing before that from ${first}`,
      );
    }
    uploadTensor(this.#device, entry.buffer, data, first * itemSize);
    entry.filled = Math.max(entry.filled, end);
    entry.written ||= entry.filled === size;
  }

  /** Sets a variable to zeros. */
  zero(name: string, type: TensorType): void {
    this.write(
      name,
      type,
      type.dtype === 'f16' ? new Uint16Array(sizeOf(type.shape)) : new Float32Array(sizeOf(type.shape)),
    );
  }

  /**
   * The variable's buffer, made where it is new.
   * @throws {EngineError} when it exists with another type
   * @throws {LimitError} when it is larger than the device can bind
   */
  ensure(name: string, type: TensorType): Entry {
    let entry = this.#entries.get(name);
    if (entry && (entry.type.dtype !== type.dtype || sizeOf(entry.type.shape) !== sizeOf(type.shape))) {
      throw new EngineError(
        `variable '${name}' is ${typeText(entry.type)} on this engine and cannot be ${typeText(type)}; dispose the engine or rename it`,
      );
    }
    if (!entry) {
      if (byteLength(type) > this.#limit) {
        throw new LimitError(
          `variable '${name}' needs ${byteLength(type)} bytes; this device binds ${this.#limit} at most`,
        );
      }
      entry = { type, buffer: createTensorBuffer(this.#device, type, name), written: false, filled: 0 };
      this.#entries.set(name, entry);
    }
    return entry;
  }

  /**
   * Copies a variable back, in the array of its storage type.
   * @throws {EngineError} when there is no such variable
   */
  async read(name: string): Promise<TensorData> {
    const { type, buffer } = this.#entry(name);
    const bytes = await readBuffer(this.#device, buffer, sizeOf(type.shape) * bytesPerElement[type.dtype]);
    return typedView(type.dtype, bytes);
  }

  /** Copies many variables back with one wait; otherwise as `read`. */
  async readMany(names: readonly string[]): Promise<Map<string, TensorData>> {
    const entries = names.map((name) => this.#entry(name));
    const offsets: number[] = [];
    let total = 0;
    for (const { type } of entries) {
      offsets.push(total);
      total += byteLength(type);
    }
    const bytes = await readBuffers(
      this.#device,
      entries.map((e) => e.buffer),
      total,
    );
    return new Map(
      entries.map(({ type }, i) => {
        const size = sizeOf(type.shape) * bytesPerElement[type.dtype];
        return [names[i]!, typedView(type.dtype, bytes.slice(offsets[i]!, offsets[i]! + size))];
      }),
    );
  }

  /** Bytes of all variables. */
  get bytes(): number {
    return [...this.#entries.values()].reduce((sum, e) => sum + byteLength(e.type), 0);
  }

  /**
   * Frees a variable.
   * @throws {EngineError} when there is no such variable
   */
  delete(name: string): void {
    this.#entry(name).buffer.destroy();
    this.#entries.delete(name);
  }

  /** Frees all variables. */
  dispose(): void {
    for (const { buffer } of this.#entries.values()) buffer.destroy();
    this.#entries.clear();
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (!entry) throw new EngineError(`there is no variable '${name}'; write it first (weights not loaded?)`);
    return entry;
  }
}
