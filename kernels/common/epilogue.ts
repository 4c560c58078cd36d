/** Host side of `common/epilogue.wgsl`: the same for every matrix kernel that can apply an epilogue to its results. */

import { type Epilogue, emit, interpret } from '../elementwise/expression.js';
import { KernelError } from '../errors.js';
import { type BufferRef, type Define, input, type Problem, sizeOf } from '../kernel.js';

const MAX_OPERANDS = 4;

/** A problem whose kernel may apply an epilogue to its results; the epilogue's operands follow the kernel's own inputs. */
export type EpilogueProblem = Problem & { readonly epilogue?: Epilogue };

/**
 * Defines for a template that includes `common/epilogue`. `own` is the number of the kernel's own inputs, which are bound
 * first; the operands follow. `type` is what the kernel stores at once.
 */
export function epilogueDefines(problem: EpilogueProblem, own: number, type: 'f32' | 'vec4f'): Record<string, Define> {
  const { epilogue } = problem;
  if (!epilogue) return { T: type };
  const operands = epilogue.operands;
  if (operands.length > MAX_OPERANDS) {
    throw new KernelError(`an epilogue takes ${MAX_OPERANDS} operands at most, not ${operands.length}`);
  }
  const args = ['x', ...operands.map((_, i) => `e${i}`)];
  const defines: Record<string, Define> = {
    T: type,
    EPILOGUE: emit(epilogue.expression, type, args),
    OPERANDS: operands.length,
    FIRST_OPERAND: own,
  };
  for (const [i, kind] of operands.entries()) {
    defines[`OPERAND${i}`] = kind;
    defines[`OPERAND${i}_TYPE`] = problem.inputs[own + i]!.dtype;
  }
  return defines;
}

/** The kernel's own inputs followed by the epilogue's operands, in binding order. */
export function inputsWithEpilogue(problem: EpilogueProblem, own: number): BufferRef[] {
  const count = own + (problem.epilogue?.operands.length ?? 0);
  return Array.from({ length: count }, (_, i) => input(i));
}

/** Reference: applies the epilogue to `values` (flat, the output's shape) in place. */
export function applyEpilogueReference(
  problem: EpilogueProblem,
  own: number,
  values: Float64Array,
  inputs: readonly Float64Array[],
): void {
  const { epilogue } = problem;
  if (!epilogue) return;
  const columns = problem.outputs[0]!.shape.at(-1)!;
  for (let i = 0; i < sizeOf(problem.outputs[0]!.shape); i++) {
    const operands = epilogue.operands.map((kind, e) => inputs[own + e]![kind === 'column' ? i % columns : i]!);
    values[i] = interpret(epilogue.expression, [values[i]!, ...operands]);
  }
}
