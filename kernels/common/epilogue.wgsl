// What a matrix kernel does to a result before it is stored: `apply_epilogue(x, at, column)` is the expression EPILOGUE over `x`
// and the operands `e0` … `e3`. T is `f32` or, where a kernel stores four columns at once, `vec4f`; `at` (the flat index in the
// output) and `column` then count vectors. Operands bind from FIRST_OPERAND on: `column` ones hold one value an output
// column, `full` ones have the shape of the output.
//
// The host makes the defines with `epilogueDefines` (common/epilogue.ts), and chooses vec4f only if columns come in fours.
#param T = 'f32'
#param EPILOGUE = ''
#param OPERANDS = 0
#param FIRST_OPERAND = 0
#param OPERAND0 = ''
#param OPERAND1 = ''
#param OPERAND2 = ''
#param OPERAND3 = ''
#param OPERAND0_TYPE = 'f32'
#param OPERAND1_TYPE = 'f32'
#param OPERAND2_TYPE = 'f32'
#param OPERAND3_TYPE = 'f32'
#if EPILOGUE != ''
#include elementwise/functions
#end
#let OPEN = T == 'vec4f' ? 'vec4<' : ''
#let CLOSE = T == 'vec4f' ? '>' : ''
#if OPERANDS > 0
@group(0) @binding(${FIRST_OPERAND}) var<storage, read> operand0: array<${OPEN}${OPERAND0_TYPE}${CLOSE}>;
#end
#if OPERANDS > 1
@group(0) @binding(${FIRST_OPERAND + 1}) var<storage, read> operand1: array<${OPEN}${OPERAND1_TYPE}${CLOSE}>;
#end
#if OPERANDS > 2
@group(0) @binding(${FIRST_OPERAND + 2}) var<storage, read> operand2: array<${OPEN}${OPERAND2_TYPE}${CLOSE}>;
#end
#if OPERANDS > 3
@group(0) @binding(${FIRST_OPERAND + 3}) var<storage, read> operand3: array<${OPEN}${OPERAND3_TYPE}${CLOSE}>;
#end

fn apply_epilogue(x: ${T}, at: u32, column: u32) -> ${T} {
#if OPERANDS > 0
  let e0 = ${T}(operand0[${OPERAND0 == 'column' ? 'column' : 'at'}]);
#end
#if OPERANDS > 1
  let e1 = ${T}(operand1[${OPERAND1 == 'column' ? 'column' : 'at'}]);
#end
#if OPERANDS > 2
  let e2 = ${T}(operand2[${OPERAND2 == 'column' ? 'column' : 'at'}]);
#end
#if OPERANDS > 3
  let e3 = ${T}(operand3[${OPERAND3 == 'column' ? 'column' : 'at'}]);
#end
#if EPILOGUE == ''
  return x;
#else
  return ${EPILOGUE};
#end
}
