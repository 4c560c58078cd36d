// out[i] = expression(x0, x1, …): any fused chain of scalar functions, with broadcasting.
//
// The host collapses the output to RANK dimensions d0 … d(RANK−1), innermost first, counted in `vec4`s along d0 where
// VEC = 4. Input k varies over dimension j where bit j of MASKk is set, and is contiguous over those it varies over: all
// bits set, it has the output's shape; none, it is one scalar. With IN_PLACE = k, input k is the output's own buffer.
// One `vec4` (or scalar) a thread. The host guarantees that d0 divides by VEC.
#param COUNT
#param RANK
#param VEC
#param EXPRESSION
#param OUT_TYPE
#param IN_PLACE = -1
#param F16 = false
#for k in 0..7
#param TYPE@k = 'f32'
#param MASK@k = 0
#end
#if F16
enable f16;
#end
#param T
#let FULL = RANK == 1 ? 1 : RANK == 2 ? 3 : RANK == 3 ? 7 : RANK == 4 ? 15 : 31
#include common/each
#include elementwise/functions

struct Params { items: u32, d0: u32, d1: u32, d2: u32, d3: u32, d4: u32 }

#let BINDING = 0
#for k in 0..COUNT
#if k != IN_PLACE
@group(0) @binding(${BINDING}) var<storage, read> in${k}: array<${VEC == 4 && MASK@k % 2 == 1 ? 'vec4<' : ''}${TYPE@k}${VEC == 4 && MASK@k % 2 == 1 ? '>' : ''}>;
#let BINDING = BINDING + 1
#end
#end
@group(0) @binding(${BINDING}) var<storage, read_write> out: array<${VEC == 4 ? 'vec4<' : ''}${OUT_TYPE}${VEC == 4 ? '>' : ''}>;
@group(0) @binding(${BINDING + 1}) var<uniform> params: Params;

fn each(i: u32) {
  if (i >= params.items) { return; }
  var rest = i;
#for j in 0..RANK
#if j == RANK - 1
  let c${j} = rest;
#else
  let c${j} = rest % params.d${j};
  rest = rest / params.d${j};
#end
#end
#for k in 0..COUNT
#if k == IN_PLACE
  let x${k} = ${T}(out[i]);
#elif MASK@k == FULL
  let x${k} = ${T}(in${k}[i]);
#else
  var i${k} = 0u;
  var step${k} = 1u;
#let BITS = MASK@k
#for j in 0..RANK
#if BITS % 2 == 1
  i${k} += c${j} * step${k};
  step${k} *= params.d${j};
#end
#let BITS = BITS / 2
#end
#if VEC == 4 && MASK@k % 2 == 0
  let x${k} = vec4f(f32(in${k}[i${k}]));
#else
  let x${k} = ${T}(in${k}[i${k}]);
#end
#end
#end
#if VEC == 4
  out[i] = vec4<${OUT_TYPE}>(${EXPRESSION});
#else
  out[i] = ${OUT_TYPE}(${EXPRESSION});
#end
}
