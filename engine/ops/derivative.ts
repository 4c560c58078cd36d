/** Symbolic derivatives of scalar expressions: the gradient table of every elementwise operation. */

import type { Expression, ScalarFunction } from '../../kernels/elementwise/expression.js';

const value = (v: number): Expression => ({ value: v });
const f = (fn: ScalarFunction, ...of: Expression[]): Expression => ({ fn, of });
const ONE = value(1);
const ZERO = value(0);

const isValue = (e: Expression, v: number): boolean => 'value' in e && e.value === v;

/** Product and sum that leave out neutral elements, so that derivatives stay small. */
const mul = (a: Expression, b: Expression): Expression =>
  isValue(a, 0) || isValue(b, 0) ? ZERO : isValue(a, 1) ? b : isValue(b, 1) ? a : f('mul', a, b);
const add = (a: Expression, b: Expression): Expression => (isValue(a, 0) ? b : isValue(b, 0) ? a : f('add', a, b));

/** ∂fn/∂(each operand), over the operands themselves. Kinks take the one-sided value that PyTorch takes. */
const PARTIALS: Record<ScalarFunction, (...x: Expression[]) => Expression[]> = {
  add: () => [ONE, ONE],
  sub: () => [ONE, value(-1)],
  mul: (a, b) => [b!, a!],
  div: (a, b) => [f('div', ONE, b!), f('neg', f('div', a!, f('mul', b!, b!)))],
  neg: () => [value(-1)],
  min: (a, b) => [f('less', a!, b!), f('greater_equal', a!, b!)],
  max: (a, b) => [f('greater', a!, b!), f('greater_equal', b!, a!)],
  abs: (a) => [f('sign', a!)],
  sign: () => [ZERO],
  exp: (a) => [f('exp', a!)],
  log: (a) => [f('div', ONE, a!)],
  sqrt: (a) => [f('mul', value(0.5), f('rsqrt', a!))],
  rsqrt: (a) => [f('mul', value(-0.5), f('div', f('rsqrt', a!), a!))],
  sin: (a) => [f('cos', a!)],
  cos: (a) => [f('neg', f('sin', a!))],
  tanh: (a) => [f('sub', ONE, f('mul', f('tanh', a!), f('tanh', a!)))],
  sigmoid: (a) => [f('mul', f('sigmoid', a!), f('sub', ONE, f('sigmoid', a!)))],
  silu: (a) => [f('silu_slope', a!)],
  silu_slope: (a) => {
    const s = f('sigmoid', a!);
    const slope = f('mul', s, f('sub', ONE, s));
    return [f('mul', slope, f('add', value(2), f('mul', a!, f('sub', ONE, f('mul', value(2), s)))))];
  },
  gelu: (a) => [f('gelu_slope', a!)],
  gelu_slope: (a) => [
    f(
      'mul',
      f('sub', value(2), f('mul', a!, a!)),
      f('mul', value(0.3989422804), f('exp', f('mul', value(-0.5), f('mul', a!, a!)))),
    ),
  ],
  quick_gelu: (a) => {
    const s = f('sigmoid', f('mul', value(1.702), a!));
    return [f('mul', s, f('add', ONE, f('mul', f('mul', value(1.702), a!), f('sub', ONE, s))))];
  },
  softplus: (a) => [f('sigmoid', a!)],
  leaky_relu: (a, slope) => [
    f('select', slope!, ONE, f('greater', a!, ZERO)),
    f('select', a!, ZERO, f('greater', a!, ZERO)),
  ],
  floor: () => [ZERO],
  pow: (a, b) => [
    f('mul', b!, f('pow', a!, f('sub', b!, ONE))),
    f('mul', f('pow', a!, b!), f('log', f('max', a!, value(1e-38)))),
  ],
  atan2: (y, x) => {
    const square = f('add', f('mul', x!, x!), f('mul', y!, y!));
    return [f('div', x!, square), f('neg', f('div', y!, square))];
  },
  greater: () => [ZERO, ZERO],
  greater_equal: () => [ZERO, ZERO],
  less: () => [ZERO, ZERO],
  equal: () => [ZERO, ZERO],
  select: (_, __, condition) => [f('select', ONE, ZERO, condition!), f('select', ZERO, ONE, condition!), ZERO],
};

/** ∂expression/∂(argument `arg`), as an expression over the same arguments. */
export function derivative(expression: Expression, arg: number): Expression {
  if ('arg' in expression) return expression.arg === arg ? ONE : ZERO;
  if ('value' in expression) return ZERO;
  const inner = expression.of.map((e) => derivative(e, arg));
  if (inner.every((e) => isValue(e, 0))) return ZERO;
  return PARTIALS[expression.fn](...expression.of)
    .map((partial, i) => mul(inner[i]!, partial))
    .reduce(add);
}

export const isZero = (expression: Expression): boolean => isValue(expression, 0);
export { mul as productOf };
