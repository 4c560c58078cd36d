import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Graph, matmul } from '../../engine/engine.js';
import { assignTextures } from '../../engine/passes/texture-operands.js';
import { planProgram } from '../../engine/planner.js';
import { printProgram } from '../../engine/print-program.js';
import { textureBytes } from '../../engine/texture-operands.js';
import { caseRandom } from '../../kernels/case-random.js';
import { sizeOf, type TensorType, type TextureLayout } from '../../kernels/kernel.js';
import { idealProfiles } from '../../kernels/profiles.js';
import { textureLayoutOf } from '../../kernels/texture-operand.js';
import { sharedEngine } from '../harness/engine.js';
import { nmse } from '../harness/goldens.js';
import { suite } from '../harness/suite.js';

const test = suite('engine: texture operands');
const LIMITS = { maxTextureSide: 1024 };

const types = fc.record({
  shape: fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 300 }))
    .map(([batch, rows, quads]) => [batch, rows, 4 * quads]),
  dtype: fc.constantFrom('f32' as const, 'f16' as const),
});

test('a texture holds its whole tensor within the limits, in rows that copies can start at', () => {
  fc.assert(
    fc.property(types, (type: TensorType) => {
      const texture = textureLayoutOf(LIMITS, type);
      fc.pre(typeof texture === 'object');
      const { width, height, rowTexels, texels, rowsPerTexelRow } = texture as TextureLayout;
      assert.equal(texels * 4, sizeOf(type.shape));
      assert.ok(rowTexels * height >= texels && rowTexels * (height - 1) < texels);
      assert.ok(rowTexels <= width && Math.max(width, height) <= LIMITS.maxTextureSide);
      assert.equal((rowTexels * 4 * (type.dtype === 'f32' ? 4 : 2)) % 256, 0);
      assert.equal(rowTexels * 4, rowsPerTexelRow * type.shape.at(-1)!);
      assert.equal(Math.log2(rowsPerTexelRow) % 1, 0);
      assert.equal((width / 4) % 2, 1, 'rows are an odd number of cache lines');
    }),
  );
});

test('tensors that have no texture say why', () => {
  assert.match(textureLayoutOf(LIMITS, { shape: [8, 6], dtype: 'f32' }) as string, /multiples of 4/);
  assert.match(textureLayoutOf(LIMITS, { shape: [8, 64], dtype: 'u32' }) as string, /f32 or f16/);
  assert.match(textureLayoutOf(LIMITS, { shape: [4, 8192], dtype: 'f32' }) as string, /at most 1024 texels/);
});

test('the textures of one step are apart, and every texture is large enough', () => {
  const needs = fc.array(fc.record({ step: fc.nat(8), type: types }), { maxLength: 30 }).map((list) =>
    list.flatMap(({ step, type }) => {
      const layout = textureLayoutOf({ maxTextureSide: 16384 }, type);
      return typeof layout === 'string' ? [] : [{ step, layout }];
    }),
  );
  fc.assert(
    fc.property(needs, (list) => {
      const { textures, assignment } = assignTextures(list);
      const taken = new Set<string>();
      for (const [i, { step, layout }] of list.entries()) {
        const texture = textures[assignment[i]!]!;
        assert.ok(texture.dtype === layout.dtype && texture.width >= layout.width && texture.height >= layout.height);
        const key = `${step} ${assignment[i]}`;
        assert.ok(!taken.has(key), `step ${step} has two tensors in one texture`);
        taken.add(key);
      }
    }),
  );
});

test('a plan for a software driver reads products through textures, in two textures however many there are', async () => {
  const { profile } = await sharedEngine();
  const software = idealProfiles(profile)[0]!;
  const graph = new Graph();
  let x = graph.input('x', [256, 64]);
  for (let i = 0; i < 4; i++) x = matmul(x, graph.variable(`w${i}`, [64, 64]));
  graph.output('y', x);
  const program = planProgram(graph, software);
  assert.deepEqual(
    program.steps.map((step) => step.variant),
    Array(4).fill('subgroup-texture'),
  );
  assert.equal(program.textures.length, 2);
  assert.equal(
    program.textures.reduce((sum, texture) => sum + textureBytes(texture), 0),
    (256 + 64) * 20 * 16,
  );
  assert.match(printProgram(program), /in:x→t0 var:w0→t1/);
});

test('a texture that several tensors share may be wider than some: each is read with its own rows per texel row', async () => {
  const engine = await sharedEngine();
  const widths = [64, 4, 320, 36, 128];
  const random = caseRandom(5);
  const values = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.real(-1, 1));
  const graph = new Graph();
  const rows = 96;
  const first = values(rows * widths[0]!);
  let x = graph.input('x', [rows, widths[0]!]);
  let expected = Float64Array.from(first);
  const inputs: Record<string, Float32Array> = { x: first };
  for (let i = 1; i < widths.length; i++) {
    const [from, to] = [widths[i - 1]!, widths[i]!];
    const w = values(from * to);
    inputs[`w${i}`] = w;
    x = matmul(x, graph.input(`w${i}`, [from, to]));
    const next = new Float64Array(rows * to);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < to; c++) {
        for (let k = 0; k < from; k++) next[r * to + c]! += expected[r * from + k]! * w[k * to + c]!;
      }
    }
    expected = next;
  }
  graph.output('y', x);
  const plan = await engine.compile(graph);
  const { y } = await plan.run(inputs);
  plan.dispose();
  assert.ok(nmse(y as Float32Array, expected) < 1e-10, `${nmse(y as Float32Array, expected)}`);
});

test.run();
