import type { Tensor } from '../../../engine/engine.js';
import * as ops from '../../../engine/engine.js';
import { anyShape, awayFromZero, broadcastable, lattice, positive } from './draw.js';
import type { GradientCase, Operand } from './gradient-check.js';

type Value = Operand['value'];

const unary = (name: string, f: (x: Tensor) => Tensor, value?: Value): GradientCase => ({
  name,
  random: (random) => ({ operands: [{ shape: anyShape(random), value }], build: ([x]) => f(x!) }),
});

const binary = (name: string, f: (a: Tensor, b: Tensor) => Tensor, a?: Value, b: Value = a): GradientCase => ({
  name,
  random(random) {
    const shape = anyShape(random);
    const shapes = random.bool() ? [shape, broadcastable(random, shape)] : [broadcastable(random, shape), shape];
    return {
      operands: [
        { shape: shapes[0]!, value: a },
        { shape: shapes[1]!, value: b },
      ],
      build: ([x, y]) => f(x!, y!),
    };
  },
});

export const elementwiseCases: GradientCase[] = [
  binary('add', ops.add),
  binary('sub', ops.sub),
  binary('mul', ops.mul),
  binary('div', ops.div, undefined, positive),
  binary('minimum', ops.minimum, lattice(0), lattice(0.25)),
  binary('maximum', ops.maximum, lattice(0), lattice(0.25)),
  binary('pow', ops.pow, positive),
  binary('atan2', ops.atan2, awayFromZero),
  unary('neg', ops.neg),
  unary('abs', ops.abs, awayFromZero),
  unary('exp', ops.exp),
  unary('log', ops.log, positive),
  unary('sqrt', ops.sqrt, positive),
  unary('rsqrt', ops.rsqrt, positive),
  unary('sin', ops.sin),
  unary('cos', ops.cos),
  unary('tanh', ops.tanh),
  unary('sigmoid', ops.sigmoid),
  unary('silu', ops.silu),
  unary('gelu', ops.gelu),
  unary('quickGelu', ops.quickGelu),
  unary('hardSwish', (x) => ops.hardSwish(ops.scale(x, 3)), lattice(0.25)),
  unary('softplus', ops.softplus),
  unary('relu', ops.relu, awayFromZero),
  unary('leakyRelu', (x) => ops.leakyRelu(x, 0.1), awayFromZero),
  unary('square', ops.square),
  unary('scale', (x) => ops.scale(x, -1.5)),
  unary('addScalar', (x) => ops.addScalar(x, 2)),
  unary('clamp', (x) => ops.clamp(x, -0.6, 0.9), lattice(0.25)),
  binary('where', (a, b) => ops.where(ops.greater(a, b), ops.mul(a, b), ops.neg(b)), lattice(0), lattice(0.25)),
  binary('a chain that fuses', (a, b) => ops.silu(ops.add(ops.mul(a, ops.sigmoid(b)), ops.tanh(a)))),
];
