// y[o, j, i] = x[o, mirror(j − before), i]: one dimension continued past its ends.
// MODE 'edge' repeats the end elements; 'reflect' mirrors about them without repeating them (the host guarantees less than
// `length` elements on either side). Layouts: x [outer, length, inner], y [outer, padded, inner]; one output a thread.
#param TYPE
#param MODE
#if TYPE == 'f16'
enable f16;
#end
#include common/each
#include layout/divide

struct Params { outer: u32, length: u32, padded: u32, inner: u32, before: u32 }

@group(0) @binding(0) var<storage, read> x: array<${TYPE}>;
@group(0) @binding(1) var<storage, read_write> y: array<${TYPE}>;
@group(0) @binding(2) var<uniform> params: Params;

fn each(i: u32) {
  if (i >= params.outer * params.padded * params.inner) { return; }
  let inner = divide(i, params.inner);
  let at = divide(inner.x, params.padded);
  let last = i32(params.length) - 1;
  let j = i32(at.y) - i32(params.before);
#if MODE == 'edge'
  let source = clamp(j, 0, last);
#else
  let source = last - abs(last - abs(j));
#end
  y[i] = x[(at.x * params.length + u32(source)) * params.inner + inner.y];
}
