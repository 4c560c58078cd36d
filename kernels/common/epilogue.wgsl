// What a matrix kernel does to a result before it is stored: `finish(x, at, column)` applies the expression EPILOGUE, over
// `x` and the extra operands `e0` … `e3`. T is `f32` or, where a kernel stores four columns at once, `vec4f`; `at` (the
// flat index in the output) and `column` then count vectors. Operands bind from FIRST_EXTRA on: `column` ones hold one
// value an output column, `full` ones have the shape of the output.
//
// The host makes the defines with `epilogueDefines` (common/epilogue.ts), and chooses vec4f only if columns come in fours.
#param T = 'f32'
#param EPILOGUE = ''
#param EXTRAS = 0
#param FIRST_EXTRA = 0
#param EXTRA0 = ''
#param EXTRA1 = ''
#param EXTRA2 = ''
#param EXTRA3 = ''
#param EXTRA0_TYPE = 'f32'
#param EXTRA1_TYPE = 'f32'
#param EXTRA2_TYPE = 'f32'
#param EXTRA3_TYPE = 'f32'
#if EPILOGUE != ''
#include elementwise/functions
#end
#let OPEN = T == 'vec4f' ? 'vec4<' : ''
#let CLOSE = T == 'vec4f' ? '>' : ''
#if EXTRAS > 0
@group(0) @binding(${FIRST_EXTRA}) var<storage, read> extra0: array<${OPEN}${EXTRA0_TYPE}${CLOSE}>;
#end
#if EXTRAS > 1
@group(0) @binding(${FIRST_EXTRA + 1}) var<storage, read> extra1: array<${OPEN}${EXTRA1_TYPE}${CLOSE}>;
#end
#if EXTRAS > 2
@group(0) @binding(${FIRST_EXTRA + 2}) var<storage, read> extra2: array<${OPEN}${EXTRA2_TYPE}${CLOSE}>;
#end
#if EXTRAS > 3
@group(0) @binding(${FIRST_EXTRA + 3}) var<storage, read> extra3: array<${OPEN}${EXTRA3_TYPE}${CLOSE}>;
#end

fn finish(x: ${T}, at: u32, column: u32) -> ${T} {
#if EXTRAS > 0
  let e0 = ${T}(extra0[${EXTRA0 == 'column' ? 'column' : 'at'}]);
#end
#if EXTRAS > 1
  let e1 = ${T}(extra1[${EXTRA1 == 'column' ? 'column' : 'at'}]);
#end
#if EXTRAS > 2
  let e2 = ${T}(extra2[${EXTRA2 == 'column' ? 'column' : 'at'}]);
#end
#if EXTRAS > 3
  let e3 = ${T}(extra3[${EXTRA3 == 'column' ? 'column' : 'at'}]);
#end
#if EPILOGUE == ''
  return x;
#else
  return ${EPILOGUE};
#end
}
