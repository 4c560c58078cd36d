import assert from 'node:assert/strict';
import { add, type Engine, Graph, matmul, mul, relu, reshape, silu, softmax } from '../../engine/engine.js';
import { planProgram } from '../../engine/planner.js';
import { printProgram } from '../../engine/print-program.js';
import type { Program } from '../../engine/program.js';
import { idealProfiles } from '../../kernels/profiles.js';
import { sharedEngine } from '../harness/engine.js';
import { suite } from '../harness/suite.js';

const test = suite('engine: passes');

function plan(engine: Engine, build: (graph: Graph) => void): Program {
  const graph = new Graph();
  build(graph);
  return planProgram(graph, idealProfiles(engine.profile)[0]!);
}

/** Slots that a step binds, in the order of its bindings. */
const slotsOf = (program: Program, step: number): number[] =>
  program.steps[step]!.bindings.flatMap((binding) => (binding.in === 'slot' ? [binding.slot] : []));

test('a map takes over the storage of an operand that nothing reads later', async () => {
  const program = plan(await sharedEngine(), (g) => g.output('y', silu(softmax(g.input('x', [4, 8])))));
  assert.deepEqual(
    program.steps.map(({ op }) => op),
    ['softmax', 'map'],
  );
  assert.deepEqual(slotsOf(program, 1), slotsOf(program, 0));
  assert.equal(program.slots.slots.length, 1);
});

test('storage that is read later is not taken over, be it under another shape or by the host', async () => {
  const engine = await sharedEngine();
  const later = plan(engine, (g) => {
    const h = softmax(g.input('x', [4, 8]));
    const other = reshape(h, [8, 4]);
    g.output('y', matmul(softmax(silu(h)), softmax(other)));
  });
  const [, map] = later.steps;
  assert.equal(map!.op, 'map');
  assert.equal(new Set(slotsOf(later, 1)).size, 2);
  const host = plan(engine, (g) => g.output('z', silu(g.output('y', softmax(g.input('x', [4, 8]))))));
  assert.equal(new Set(slotsOf(host, 1)).size, 2);
});

test('inputs, variables and constants are never taken over', async () => {
  const program = plan(await sharedEngine(), (g) => {
    g.output('a', relu(g.input('x', [8])));
    g.output('b', relu(g.variable('w', [8])));
    g.output('c', relu(g.constant(new Float32Array(8))));
  });
  for (const [i, { bindings }] of program.steps.entries()) {
    assert.deepEqual(
      bindings.map((binding) => binding.in),
      [(['input', 'variable', 'constant'] as const)[i], 'slot'],
    );
  }
});

test('what is used is listed, and nothing else', async () => {
  const program = plan(await sharedEngine(), (g) => {
    g.input('unused', [8]);
    silu(g.variable('unused', [8]));
    g.output('y', mul(g.input('x', [8]), g.variable('w', [8])));
  });
  assert.deepEqual([...program.inputs.keys()], ['x']);
  assert.deepEqual([...program.variables.keys()], ['w']);
  assert.equal(program.steps.length, 1);
});

test('a printed program says what each pass did and why its variants were chosen', async () => {
  const text = printProgram(
    plan(await sharedEngine(), (g) => {
      const product = matmul(g.input('x', [1, 64]), g.variable('w', [64, 64]));
      silu(product);
      g.output('y', add(softmax(silu(add(product, g.variable('b', [64])))), 1));
    }),
  );
  const lines = text.split('\n');
  assert.deepEqual(lines.slice(0, 4), [
    'drop unreachable: 6 → 5 nodes',
    'fuse maps: 5 → 4 nodes: 1 maps joined their only consumer',
    'fuse epilogues: 4 → 3 nodes: matmul ×1',
    'share storage: 0 aliases; in place: map ×1',
  ]);
  assert.match(lines[4]!, /^lower: 3 nodes → 3 kernel calls: matmul\/subgroup ×1, softmax/);
  assert.match(text, /^ {3}0 matmul\/subgroup matmul\/subgroup \(in:x var:w var:b s0!\)/m);
  assert.match(text, /^ {2}matmul\/subgroup rather than subgroup-texture \(not preferred: .+\)/m);
  assert.match(lines.at(-1)!, /^memory: variables 0\.0 MB, activations/);
});

test.run();
