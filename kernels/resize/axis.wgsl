// Resize along one axis (or, with ADJOINT, its transpose): [outer, in, inner] → [outer, out, inner].
//
// One output element (or four of `inner`, with VEC = 4) a thread; `in` is the side the kernel reads. See `filter.wgsl`.
// The host guarantees that `inner` divides by VEC.
#param ADJOINT
#param VEC
#param IN_TYPE
#param OUT_TYPE
#param F16
#if F16
enable f16;
#end
#include common/each
#include resize/filter
#let V = VEC == 4 ? 'vec4f' : 'f32'

struct Params { outer: i32, in_size: i32, out_size: i32, inner: i32 }

@group(0) @binding(0) var<storage, read> x: array<${VEC == 4 ? 'vec4<' : ''}${IN_TYPE}${VEC == 4 ? '>' : ''}>;
@group(0) @binding(1) var<storage, read_write> y: array<${VEC == 4 ? 'vec4<' : ''}${OUT_TYPE}${VEC == 4 ? '>' : ''}>;
@group(0) @binding(2) var<uniform> params: Params;

fn each(thread: u32) {
  let index = i32(thread);
  if (index >= params.outer * params.out_size * params.inner) { return; }
  let inner = index % params.inner;
  let at = (index / params.inner) % params.out_size;
  let outer = index / params.inner / params.out_size;
  let reach = window(at, params.out_size, params.in_size);
  let start = outer * params.in_size * params.inner + inner;
  var sum = ${V}();
  for (var i = reach.x; i <= reach.y; i++) {
#if ADJOINT
    let fraction = weight(i, at, params.out_size, params.in_size) / total(i, params.out_size, params.in_size);
#else
    let fraction = weight(at, i, params.in_size, params.out_size);
#end
    sum += fraction * ${V}(x[start + i * params.inner]);
  }
#if !ADJOINT
  sum /= total(at, params.in_size, params.out_size);
#end
  y[index] = ${VEC == 4 ? 'vec4<' : ''}${OUT_TYPE}${VEC == 4 ? '>' : ''}(sum);
}
