/**
 * Scalar expressions: what elementwise kernels compute and what matrix kernels apply to their results (epilogues).
 * An expression is a small tree; two elementwise operations fuse by putting one tree into the other.
 */

import { KernelError } from '../errors.js';

/** `select` is `[otherwise, value, condition]` with condition ≠ 0 choosing `value`; comparisons give 1 or 0. */
export type ScalarFunction =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'neg'
  | 'min'
  | 'max'
  | 'abs'
  | 'sign'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'rsqrt'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'sigmoid'
  | 'silu'
  | 'silu_slope'
  | 'gelu'
  | 'gelu_slope'
  | 'quick_gelu'
  | 'softplus'
  | 'leaky_relu'
  | 'floor'
  | 'pow'
  | 'atan2'
  | 'greater'
  | 'greater_equal'
  | 'less'
  | 'equal'
  | 'select';

export type Expression =
  | { readonly arg: number }
  | { readonly value: number }
  | { readonly fn: ScalarFunction; readonly of: readonly Expression[] };

const binary =
  (op: string) =>
  (a: string[]): string =>
    `(${a[0]} ${op} ${a[1]})`;
const call =
  (name: string) =>
  (a: string[]): string =>
    `${name}(${a.join(', ')})`;
const own =
  (name: string) =>
  (a: string[], t: string): string =>
    `${name}_${t}(${a.join(', ')})`;
const compare =
  (op: string) =>
  (a: string[], t: string): string =>
    `select(${t}(0.0), ${t}(1.0), ${a[0]} ${op} ${a[1]})`;

/** How each function is written in WGSL for a type `f32` or `vec4f`; `own` ones are in `elementwise/functions.wgsl`. */
const WGSL: Record<ScalarFunction, (args: string[], type: string) => string> = {
  add: binary('+'),
  sub: binary('-'),
  mul: binary('*'),
  div: binary('/'),
  neg: (a: string[]): string => `(-${a[0]})`,
  min: call('min'),
  max: call('max'),
  abs: call('abs'),
  sign: call('sign'),
  exp: call('exp'),
  log: call('log'),
  sqrt: call('sqrt'),
  rsqrt: call('inverseSqrt'),
  sin: call('sin'),
  cos: call('cos'),
  tanh: own('safe_tanh'),
  sigmoid: own('sigmoid'),
  silu: own('silu'),
  silu_slope: own('silu_slope'),
  gelu: own('gelu'),
  gelu_slope: own('gelu_slope'),
  quick_gelu: own('quick_gelu'),
  softplus: own('softplus'),
  /** x where x > 0, else slope·x: `[x, slope]`. */
  leaky_relu: (a: string[], t: string): string => `select(${a[1]} * ${a[0]}, ${a[0]}, ${a[0]} > ${t}(0.0))`,
  floor: call('floor'),
  pow: own('safe_pow'),
  atan2: call('atan2'),
  greater: compare('>'),
  greater_equal: compare('>='),
  less: compare('<'),
  equal: compare('=='),
  select: (a: string[], t: string): string => `select(${a[0]}, ${a[1]}, ${a[2]} != ${t}(0.0))`,
};

/** WGSL for the expression over argument texts; `type` is `f32` or `vec4f`. Needs `elementwise/functions` included. */
export function emit(expression: Expression, type: 'f32' | 'vec4f', args: readonly string[]): string {
  if ('arg' in expression) {
    const text = args[expression.arg];
    if (text === undefined) throw new KernelError(`the expression uses argument ${expression.arg} of ${args.length}`);
    return text;
  }
  if ('value' in expression) return `${type}(${literal(expression.value)})`;
  return WGSL[expression.fn](
    expression.of.map((e) => emit(e, type, args)),
    type,
  );
}

function literal(value: number): string {
  if (!Number.isFinite(value)) throw new KernelError(`WGSL has no literal for ${value}`);
  const text = Math.fround(value).toString();
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** The expression with every argument replaced by another expression. */
export function substitute(expression: Expression, args: readonly Expression[]): Expression {
  if ('arg' in expression) return args[expression.arg]!;
  if ('value' in expression) return expression;
  return { fn: expression.fn, of: expression.of.map((e) => substitute(e, args)) };
}

/** Number of function applications. */
export function cost(expression: Expression): number {
  return 'fn' in expression ? 1 + expression.of.reduce((sum, e) => sum + cost(e), 0) : 0;
}

const erf = (x: number): number => {
  // Series for small |x|, continued fraction beyond: both to double precision.
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = a;
    let sum = a;
    for (let n = 1; Math.abs(term) > 1e-17; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let f = 0;
  for (let n = 60; n > 0; n--) f = n / 2 / (a + f);
  return Math.sign(x) * (1 - Math.exp(-a * a) / ((a + f) * Math.sqrt(Math.PI)));
};
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const normalDensity = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** The same functions in f64: the reference that kernels are held against. */
const REFERENCE: Record<ScalarFunction, (...x: number[]) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  neg: (a) => -a,
  min: Math.min,
  max: Math.max,
  abs: Math.abs,
  sign: Math.sign,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  rsqrt: (a) => 1 / Math.sqrt(a),
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  sigmoid,
  silu: (x) => x * sigmoid(x),
  silu_slope: (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))),
  gelu: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  gelu_slope: (x) => (1 + erf(x / Math.SQRT2)) / 2 + x * normalDensity(x),
  quick_gelu: (x) => x * sigmoid(1.702 * x),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  leaky_relu: (x, slope) => (x > 0 ? x : slope! * x),
  floor: Math.floor,
  pow: (a, b) => Math.max(a, 0) ** b,
  atan2: Math.atan2,
  greater: (a, b) => Number(a > b),
  greater_equal: (a, b) => Number(a >= b),
  less: (a, b) => Number(a < b),
  equal: (a, b) => Number(a === b),
  select: (otherwise, value, condition) => (condition !== 0 ? value : otherwise),
};

export function interpret(expression: Expression, args: readonly number[]): number {
  if ('arg' in expression) return args[expression.arg]!;
  if ('value' in expression) return Math.fround(expression.value);
  return REFERENCE[expression.fn](...expression.of.map((e) => interpret(e, args)));
}

/**
 * What a matrix kernel does to each result before it is stored: an expression over the result (argument 0) and further
 * operands (arguments 1…), which follow the kernel's own inputs. A `column` operand has one value an output column
 * (a bias), a `full` one has the output's shape (a residual).
 */
export interface Epilogue {
  readonly expression: Expression;
  readonly operands: readonly ('column' | 'full')[];
}
