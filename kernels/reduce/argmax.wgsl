// y[o, i] = the first r at which x[o, r, i] is largest, one output a thread.
// Layouts: x is [outer, length, inner], y is [outer, inner] of u32. The host guarantees length ≥ 1.
#param IN_TYPE
#if IN_TYPE == 'f16'
enable f16;
#end
#include common/each

struct Params { outer: u32, length: u32, inner: u32 }

@group(0) @binding(0) var<storage, read> x: array<${IN_TYPE}>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

fn each(i: u32) {
  if (i >= params.outer * params.inner) { return; }
  let start = (i / params.inner) * params.length * params.inner + i % params.inner;
  var best = 0u;
  var largest = x[start];
  for (var r = 1u; r < params.length; r++) {
    let value = x[start + r * params.inner];
    if (value > largest) {
      largest = value;
      best = r;
    }
  }
  y[i] = best;
}
