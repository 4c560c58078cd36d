// y[c] = x[offset + Σ c_d · s_d]: any strided view of x (permutation, slice, repetition), made contiguous.
//
// The host merges dimensions to RANK of them, dimension 0 innermost, sizes d and input strides s. One unit of VEC elements
// a thread. VEC 4 with SPLAT: every input stride of dimension 0 is 0, so one element fills a unit. VEC 4 without: sizes d0,
// strides and offset are in units of 4 elements, and s0 is 1.
#param TYPE
#param RANK
#param VEC
#param SPLAT = false
#if TYPE == 'f16'
enable f16;
#end
#include common/each
#include layout/divide

struct Params {
  items: u32, offset: u32,
  d0: u32, d1: u32, d2: u32, d3: u32, d4: u32,
  s0: u32, s1: u32, s2: u32, s3: u32, s4: u32, s5: u32,
}

#if VEC == 4 && !SPLAT
@group(0) @binding(0) var<storage, read> x: array<vec4<${TYPE}>>;
#else
@group(0) @binding(0) var<storage, read> x: array<${TYPE}>;
#end
#if VEC == 4
@group(0) @binding(1) var<storage, read_write> y: array<vec4<${TYPE}>>;
#else
@group(0) @binding(1) var<storage, read_write> y: array<${TYPE}>;
#end
@group(0) @binding(2) var<uniform> params: Params;

fn each(i: u32) {
  if (i >= params.items) { return; }
  var source = params.offset;
  var rest = i;
#for d in 0..RANK
#if d == RANK - 1
  source += rest * params.s${d};
#else
  let split${d} = divide(rest, params.d${d});
  source += split${d}.y * params.s${d};
  rest = split${d}.x;
#end
#end
#if SPLAT
  y[i] = vec4<${TYPE}>(x[source]);
#else
  y[i] = x[source];
#end
}
