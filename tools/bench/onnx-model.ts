/** The few fields of ONNX's protobuf format that the peers' models need (onnx.proto3 of the ONNX project, IR version 8). */

const VARINT = 0;
const BYTES = 2;

/** One field: a whole number, a text, raw bytes, or a message given as its bytes. */
function field(number: number, value: number | string | Uint8Array): Uint8Array {
  if (typeof value === 'number') return join([varint((number << 3) | VARINT), varint(value)]);
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  return join([varint((number << 3) | BYTES), varint(bytes.length), bytes]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export interface OnnxNode {
  type: string;
  inputs: string[];
  output: string;
  /** Integers and lists of integers. */
  attributes?: Record<string, number | number[]>;
}

export interface OnnxModel {
  inputs: Record<string, number[]>;
  outputs: Record<string, number[]>;
  constants: Record<string, { shape: number[]; data: Float32Array }>;
  nodes: OnnxNode[];
}

const FLOAT = 1;

function valueInfo(name: string, shape: readonly number[]): Uint8Array {
  const dimensions = join(shape.map((n) => field(1, field(1, n))));
  const tensorType = join([field(1, FLOAT), field(2, dimensions)]);
  return join([field(1, name), field(2, field(1, tensorType))]);
}

function tensor(name: string, shape: readonly number[], data: Float32Array): Uint8Array {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return join([...shape.map((n) => field(1, n)), field(2, FLOAT), field(8, name), field(9, raw)]);
}

function attribute(name: string, value: number | number[]): Uint8Array {
  const [kind, INT, INTS] = [20, 2, 7];
  return typeof value === 'number'
    ? join([field(1, name), field(3, value), field(kind, INT)])
    : join([field(1, name), ...value.map((n) => field(8, n)), field(kind, INTS)]);
}

function node({ type, inputs, output, attributes = {} }: OnnxNode): Uint8Array {
  return join([
    ...inputs.map((name) => field(1, name)),
    field(2, output),
    field(4, type),
    ...Object.entries(attributes).map(([name, value]) => field(5, attribute(name, value))),
  ]);
}

/** The bytes of a model file of opset 17. */
export function onnxModel({ inputs, outputs, constants, nodes }: OnnxModel): Uint8Array {
  const graph = join([
    ...nodes.map((n) => field(1, node(n))),
    field(2, 'bench'),
    ...Object.entries(constants).map(([name, { shape, data }]) => field(5, tensor(name, shape, data))),
    ...Object.entries(inputs).map(([name, shape]) => field(11, valueInfo(name, shape))),
    ...Object.entries(outputs).map(([name, shape]) => field(12, valueInfo(name, shape))),
  ]);
  const opset = join([field(1, ''), field(2, 17)]);
  return join([field(1, 8), field(7, graph), field(8, opset)]);
}
