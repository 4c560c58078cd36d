/**
 * The graph that tracing fills. Model code calls operations on symbolic tensors; each call checks its operands at once and
 * appends a node. Nothing runs, so there is nothing to free.
 */

import {
  type DeviceProfile,
  type DType,
  type Lowering,
  type Problem,
  shapeText,
  type TensorType,
  typeText,
} from '../kernels/kernel.js';
import { DTypeError, EngineError } from './errors.js';
import type { HostArrays, HostType } from './tensor-data.js';

/** Elements of a constant; their class says the storage type. */
export type ConstantData = HostArrays[HostType];

/** Where the elements of a tensor without a producer come from. */
export type Source =
  /** Given anew at each run. */
  | { kind: 'input'; name: string }
  /** Lives on the device between runs: weights, optimiser state. */
  | { kind: 'variable'; name: string }
  /** Fixed when the plan is compiled. */
  | { kind: 'constant'; data: ConstantData };

/**
 * A symbolic tensor: shape (row-major, channels last), storage type and origin, but no elements. It belongs to one graph, which
 * makes it; operations of `engine/ops` take tensors of the same graph and return new ones. Immutable, with nothing to free.
 */
export class Tensor implements TensorType {
  readonly graph: Graph;
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly origin: { node: Node; output: number } | Source;

  constructor(graph: Graph, id: number, type: TensorType, origin: Tensor['origin']) {
    this.graph = graph;
    this.id = id;
    this.shape = type.shape;
    this.dtype = type.dtype;
    this.origin = origin;
  }

  /** The node that makes it; null for inputs, variables and constants. */
  get node(): Node | null {
    return 'node' in this.origin ? this.origin.node : null;
  }

  get rank(): number {
    return this.shape.length;
  }

  toString(): string {
    return `%${this.id}:${typeText(this)}`;
  }
}

/** What an op's gradient rule may use. `grads[i]` is null where output `i` does not reach the loss. */
export interface GradientContext<A> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly grads: readonly (Tensor | null)[];
  readonly attrs: A;
  /** For each input, whether its gradient is asked for; rules may skip the others. */
  readonly needs: readonly boolean[];
}

/** One operation of the engine: shape rule, gradient rule, and the kernels it becomes. */
export interface Op<A extends object = object> {
  readonly name: string;
  /**
   * Types of the outputs.
   * @throws {ShapeError} when the operands' shapes do not fit
   * @throws {DTypeError} when their storage types do not
   */
  infer(inputs: readonly TensorType[], attrs: A): TensorType[];
  /** `forced` names a kernel variant. */
  lower(profile: DeviceProfile, problem: Problem & A, forced?: string): Lowering;
  /** One gradient (or null) for each input, appended to the same graph. Absent: not differentiable. */
  gradient?(context: GradientContext<A>): (Tensor | null)[];
  /** Inputs (variables) that the kernels update in place. */
  readonly mutates?: readonly number[];
  /** Inputs whose buffer output 0 may take over when this is their last use. */
  inPlace?(problem: Problem & A): readonly number[];
  /** The kernels can apply an `Epilogue` (kernels/elementwise/expression.ts), passed as the attribute `epilogue`. */
  readonly fusesEpilogue?: boolean;
  /** The output is the input's own bytes under another shape; nothing runs. */
  readonly alias?: boolean;
}

export interface Node<A extends object = object> {
  readonly id: number;
  readonly op: Op<A>;
  readonly inputs: readonly Tensor[];
  readonly attrs: A;
  readonly outputs: readonly Tensor[];
  /** Module path at the call, such as `denoiser/block2/attention`. */
  readonly path: string;
}

/**
 * What tracing fills: model code takes inputs, variables and constants from a graph, calls operations on them, and marks
 * outputs; `gradients` appends backward nodes to the same graph; `Engine.compile` makes it a plan and leaves it as it is. Nodes
 * are in the order of the calls, so that operands come before their use. A graph holds no device memory: it is dropped, not
 * disposed. Operations throw ShapeError and DTypeError as they are called, with the op, its operands and the module path.
 */
export class Graph {
  readonly nodes: Node[] = [];
  readonly inputs: Map<string, Tensor> = new Map();
  readonly variables: Map<string, Tensor> = new Map();
  readonly outputs: Map<string, Tensor> = new Map();
  #nextId = 0;
  #path: string[] = [];

  /**
   * A tensor given at each run.
   * @throws {EngineError} when there is an input of that name, or the shape has no positive integers
   */
  input(name: string, shape: readonly number[], dtype: DType = 'f32'): Tensor {
    return this.#named(this.inputs, 'input', name, { shape, dtype });
  }

  /**
   * A tensor that stays on the device between runs. Calling it again with the same name and type gives the same tensor.
   * @throws {EngineError} when there is a variable of that name and another type, or the shape has no positive integers
   */
  variable(name: string, shape: readonly number[], dtype: DType = 'f32'): Tensor {
    const known = this.variables.get(name);
    if (known && known.dtype === dtype && known.shape.join() === shape.join()) return known;
    return this.#named(this.variables, 'variable', name, { shape, dtype });
  }

  /** A tensor fixed when the plan is compiled: row-major elements, f32, u32 or i32 after their array's class. */
  constant(data: ConstantData, shape: readonly number[] = [data.length]): Tensor {
    const dtype: DType = data instanceof Float32Array ? 'f32' : data instanceof Uint32Array ? 'u32' : 'i32';
    return new Tensor(this, this.#nextId++, { shape, dtype }, { kind: 'constant', data });
  }

  /**
   * Marks a tensor for readback under a name.
   * @throws {EngineError} when there is an output of that name
   * @throws {DTypeError} when the tensor is f16, which the host does not compute with
   */
  output(name: string, tensor: Tensor): Tensor {
    if (this.outputs.has(name)) throw new EngineError(`the graph has two outputs called '${name}'; names must differ`);
    if (tensor.dtype === 'f16') throw new DTypeError(`output '${name}' is f16; cast it to f32 to read it back`);
    this.outputs.set(name, tensor);
    return tensor;
  }

  /** Runs `body` with `name` appended to the module path that errors and plans show. */
  scope<T>(name: string, body: () => T): T {
    this.#path.push(name);
    try {
      return body();
    } finally {
      this.#path.pop();
    }
  }

  get path(): string {
    return this.#path.join('/');
  }

  /** Appends one operation; the graph's low-level entry, which the functions in `ops/` wrap. */
  apply<A extends object>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor[] {
    for (const tensor of inputs) {
      if (tensor.graph !== this) throw new EngineError(`${op.name}: operand ${tensor} belongs to another graph`);
    }
    let types: TensorType[];
    try {
      types = op.infer(inputs, attrs);
    } catch (error) {
      if (error instanceof EngineError) {
        error.message = `${op.name}(${inputs.join(', ')})${this.path ? ` in ${this.path}` : ''}: ${error.message}`;
      }
      throw error;
    }
    const outputs: Tensor[] = [];
    const node: Node<A> = { id: this.nodes.length, op, inputs, attrs, outputs, path: this.path };
    for (const [output, type] of types.entries()) {
      outputs.push(new Tensor(this, this.#nextId++, type, { node: node as unknown as Node, output }));
    }
    this.nodes.push(node as unknown as Node);
    return outputs;
  }

  #named(map: Map<string, Tensor>, kind: 'input' | 'variable', name: string, type: TensorType): Tensor {
    if (map.has(name)) throw new EngineError(`the graph has two ${kind}s called '${name}' of different types`);
    if (type.shape.some((n) => !Number.isInteger(n) || n < 1)) {
      throw new EngineError(`${kind} '${name}': a shape has positive integers, not ${shapeText(type.shape)}`);
    }
    const tensor = new Tensor(this, this.#nextId++, type, { kind, name });
    map.set(name, tensor);
    return tensor;
  }
}
