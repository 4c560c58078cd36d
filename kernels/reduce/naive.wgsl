// y[o, i] = scale · reduction over r of x[o, r, i], one output a thread: the reference implementation.
//
// Layouts: x is [outer, length, inner], y is [outer, inner], row-major. KIND is 'sum' or 'max'; SQUARE squares each element
// first. The host guarantees nothing but the sizes.
#param KIND
#param SQUARE
#param IN_TYPE
#param OUT_TYPE
#if IN_TYPE == 'f16' || OUT_TYPE == 'f16'
enable f16;
#end
#include common/each

struct Params { outer: u32, length: u32, inner: u32, scale: f32 }

@group(0) @binding(0) var<storage, read> x: array<${IN_TYPE}>;
@group(0) @binding(1) var<storage, read_write> y: array<${OUT_TYPE}>;
@group(0) @binding(2) var<uniform> params: Params;

fn each(i: u32) {
  if (i >= params.outer * params.inner) { return; }
  let start = (i / params.inner) * params.length * params.inner + i % params.inner;
#if KIND == 'max'
  var total = -3.4028234e38;
#else
  var total = 0.0;
#end
  for (var r = 0u; r < params.length; r++) {
    let value = f32(x[start + r * params.inner]);
#if KIND == 'max'
    total = max(total, value);
#elif SQUARE
    total += value * value;
#else
    total += value;
#end
  }
  y[i] = ${OUT_TYPE}(total * params.scale);
}
