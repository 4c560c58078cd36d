/** Weights onto the device: order of dimensions, types, and what is refused before anything is written. */

import assert from 'node:assert/strict';
import { encodeF16 } from '../../weights/half.js';
import {
  type Checkpoint,
  countOf,
  encodeSafetensors,
  memorySource,
  openCheckpoint,
  readCheckpoint,
  type TensorToWrite,
  tensorOf,
  toF32,
  uploadWeights,
  type WeightTarget,
} from '../../weights/index.js';
import { sharedEngine } from '../harness/engine.js';
import { noise } from '../harness/random.js';
import { suite } from '../harness/suite.js';
import { golden } from './goldens.js';

const test = suite('weights/upload');

const checkpointWith = async (...tensors: TensorToWrite[]): Promise<Checkpoint> =>
  readCheckpoint(memorySource(await encodeSafetensors(tensors), 'w.safetensors'));

/** A target in memory, for layouts too large for a test on the device. */
function memoryTarget(): WeightTarget & { data: Map<string, Float32Array | Uint16Array>; largest: number } {
  const data = new Map<string, Float32Array | Uint16Array>();
  const target = {
    data,
    largest: 0,
    variables: {
      writePart(
        name: string,
        { shape, dtype }: { shape: readonly number[]; dtype: string },
        first: number,
        part: Float32Array | Uint16Array,
      ) {
        const size = shape.reduce((product, n) => product * n, 1);
        if (!data.has(name)) data.set(name, dtype === 'f16' ? new Uint16Array(size) : new Float32Array(size));
        data.get(name)!.set(part, first);
        target.largest = Math.max(target.largest, part.byteLength);
      },
    },
    idle: async () => {},
  };
  return target;
}

function storedOf(shape: readonly number[], torchOrder: readonly number[]): number[] {
  const stored: number[] = [];
  for (const [d, from] of torchOrder.entries()) stored[from] = shape[d]!;
  return stored;
}

const stridesOf = (shape: readonly number[]): number[] => shape.map((_, d) => countOf(shape.slice(d + 1)));

/** The element of a stored tensor that stands at each place of ours. */
function reordered(values: ArrayLike<number>, shape: readonly number[], torchOrder: readonly number[]): number[] {
  const strides = stridesOf(storedOf(shape, torchOrder));
  const result: number[] = [];
  const walk = (d: number, at: number): void => {
    if (d === shape.length) result.push(values[at]!);
    else for (let i = 0; i < shape[d]!; i++) walk(d + 1, at + i * strides[torchOrder[d]!]!);
  };
  walk(0, 0);
  return result;
}

const ORDERS: [shape: number[], torchOrder: number[] | undefined][] = [
  [[7], undefined],
  [[3, 5], undefined],
  [
    [33, 70],
    [1, 0],
  ],
  [
    [5, 3, 35],
    [0, 2, 1],
  ],
  [
    [6, 3, 3, 37],
    [0, 2, 3, 1],
  ],
  [
    [4, 3, 5],
    [1, 2, 0],
  ],
  [
    [4, 3, 5],
    [2, 0, 1],
  ],
  [
    [2, 3, 4, 5],
    [3, 1, 2, 0],
  ],
  [
    [1, 9, 1],
    [2, 1, 0],
  ],
  [[], undefined],
  [
    [0, 4],
    [1, 0],
  ],
];

test('every order of dimensions arrives on the device, from and to every type', async () => {
  const engine = await sharedEngine();
  for (const stored of ['F32', 'F16', 'BF16'] as const) {
    const tensors = ORDERS.map(([shape], i) =>
      tensorOf(
        `up.${stored}.${i}`,
        storedShapeOf(i),
        noise(
          shape.reduce((a, b) => a * b, 1),
          i + 1,
        ),
        stored,
      ),
    );
    const checkpoint = await checkpointWith(...tensors);
    for (const dtype of ['f32', 'f16'] as const) {
      const specs = ORDERS.map(([shape, torchOrder], i) => ({
        name: `up.${stored}.${i}`,
        shape,
        ...(torchOrder && { torchOrder }),
      }));
      await uploadWeights(checkpoint, specs, engine, { dtype });
      for (const [i, { name, shape }] of specs.entries()) {
        const values = await checkpoint.readAsF32(name);
        const expected = reordered(values, shape, ORDERS[i]![1] ?? shape.map((_, d) => d));
        const found = await engine.variables.read(name);
        const wanted = dtype === 'f16' ? encodeF16(Float32Array.from(expected)) : Float32Array.from(expected);
        assert.deepEqual(found, wanted, `${name} as ${dtype}`);
        engine.variables.delete(name);
      }
    }
  }
});

test('f64 and views that are not contiguous arrive too', async () => {
  const engine = await sharedEngine();
  const checkpoint = await openCheckpoint(golden('zip-2.pt'));
  const specs = [
    { name: 'state_dict.wide', shape: [3, 2], torchOrder: [1, 0] },
    { name: 'state_dict.deep.permuted', shape: [2, 5, 3, 4], torchOrder: [0, 2, 3, 1] },
  ];
  const seen: string[] = [];
  await uploadWeights(checkpoint, specs, engine, {
    allowUnexpected: true,
    onProgress: (done, all, name) => seen.push(`${name} ${done}/${all}`),
  });
  for (const { name, shape, torchOrder } of specs) {
    const expected = reordered(await checkpoint.readAsF32(name), shape, torchOrder);
    assert.deepEqual([...(await engine.variables.read(name))], expected);
    engine.variables.delete(name);
  }
  assert.deepEqual(seen, ['state_dict.wide 24/504', 'state_dict.deep.permuted 504/504']);
  await checkpoint.close();
});

test('tensors larger than the staging area go through it in windows', async () => {
  // A linear layer of 60 MB takes two windows of 48, in pieces of 8; a convolution of 60 MB likewise.
  for (const [shape, torchOrder] of [
    [
      [3000, 5001],
      [1, 0],
    ],
    [
      [5001, 3, 1000],
      [0, 2, 1],
    ],
  ] as const) {
    const count = countOf(shape);
    const stored = storedOf(shape, torchOrder);
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = i;
    const checkpoint = await checkpointWith({ name: 'w', dtype: 'F32', shape: stored, data: values });
    const target = memoryTarget();
    await uploadWeights(checkpoint, [{ name: 'w', shape, torchOrder }], target);
    const found = target.data.get('w') as Float32Array;
    const strides = stridesOf(stored);
    let wrong = 0;
    for (let i = 0; i < count; i++) {
      let [rest, at] = [i, 0];
      for (let d = shape.length - 1; d >= 0; d--) {
        at += (rest % shape[d]!) * strides[torchOrder[d]!]!;
        rest = Math.floor(rest / shape[d]!);
      }
      if (found[i] !== at) wrong++;
    }
    assert.equal(wrong, 0);
    assert.ok(target.largest <= 48 * 2 ** 20, `${target.largest} bytes at once`);
  }
});

test('every mismatch is told before anything is written', async () => {
  const checkpoint = await checkpointWith(
    tensorOf('a.weight', [2, 3], new Float32Array(6)),
    tensorOf('a.bais', [3], new Float32Array(3)),
  );
  const target = memoryTarget();
  const specs = [
    { name: 'a.weight', shape: [2, 3], torchOrder: [1, 0] },
    { name: 'a.bias', shape: [3] },
  ];
  await assert.rejects(uploadWeights(checkpoint, specs, target), (error: Error) => {
    assert.equal(error.name, 'TensorMatchError');
    assert.match(error.message, /missing "a\.bias" \[3\]; did it mean "a\.bais"/);
    assert.match(error.message, /"a\.weight": shape expected \[3, 2\], found \[2, 3\]/);
    assert.match(error.message, /unexpected "a\.bais"/);
    return true;
  });
  assert.equal(target.data.size, 0);
});

test('values that are not finite, or become so, are named by tensor and place', async () => {
  const checkpoint = await checkpointWith(
    tensorOf('nan', [2, 2], Float32Array.of(0, 1, Number.NaN, 3)),
    tensorOf('half', [2], Float32Array.of(0, Number.POSITIVE_INFINITY), 'F16'),
    tensorOf('large', [3], Float32Array.of(0, 70_000, 1)),
  );
  const upload = (name: string, shape: number[], dtype: 'f32' | 'f16', allowNonFinite = false): Promise<void> =>
    uploadWeights(checkpoint, [{ name, shape }], memoryTarget(), { dtype, allowNonFinite, allowUnexpected: true });
  await assert.rejects(upload('nan', [2, 2], 'f32'), /tensor "nan": .*index \[1, 0\]/);
  await assert.rejects(upload('half', [2], 'f16'), /tensor "half": .*index \[1\]/);
  await assert.rejects(upload('large', [3], 'f16'), /tensor "large": element 1 is too large for f16/);
  await upload('large', [3], 'f32');
  await upload('nan', [2, 2], 'f32', true);
});

test('an aborted upload stops with the signal’s reason', async () => {
  const checkpoint = await checkpointWith(tensorOf('a', [2], new Float32Array(2)));
  const signal = AbortSignal.abort(new EvalError('enough'));
  await assert.rejects(uploadWeights(checkpoint, [{ name: 'a', shape: [2] }], memoryTarget(), { signal }), EvalError);
});

test('integers become the nearest f32', () => {
  assert.deepEqual([...toF32('I64', BigInt64Array.of(-3n, 2n ** 60n))], [-3, 2 ** 60]);
});

function storedShapeOf(i: number): number[] {
  const [shape, torchOrder] = ORDERS[i]!;
  return torchOrder ? storedOf(shape, torchOrder) : [...shape];
}

test.run();
