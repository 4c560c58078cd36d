// y[o, i] = scale · reduction over r of x[o, r, i] for inner > 1, one thread for VEC neighbouring i, or for their chunk of r.
//
// Neighbouring threads read neighbouring addresses. The reduced dimension is cut into `chunks` of `chunk` (the last may be
// shorter), results y[o, c, i]; a second call reduces those. The host guarantees VEC | inner.
#param KIND
#param SQUARE
#param IN_TYPE
#param OUT_TYPE
#param VEC
#if IN_TYPE == 'f16' || OUT_TYPE == 'f16'
enable f16;
#end
#include common/index
#let T = VEC == 4 ? 'vec4f' : 'f32'

struct Params { outer: u32, length: u32, inner: u32, chunk: u32, chunks: u32, scale: f32 }

#if VEC == 4
@group(0) @binding(0) var<storage, read> x: array<vec4<${IN_TYPE}>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<${OUT_TYPE}>>;
#else
@group(0) @binding(0) var<storage, read> x: array<${IN_TYPE}>;
@group(0) @binding(1) var<storage, read_write> y: array<${OUT_TYPE}>;
#end
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let units = params.inner / ${VEC}u;
  let i = flat_group(group, groups) * 64u + lane;
  if (i >= params.outer * params.chunks * units) { return; }
  let block = i / units;
  let first = (block % params.chunks) * params.chunk;
  let stop = min(first + params.chunk, params.length);
  var at = ((block / params.chunks) * params.length + first) * units + i % units;
#if KIND == 'max'
  var total = ${T}(-3.4028234e38);
#else
  var total = ${T}(0.0);
#end
  for (var r = first; r < stop; r++) {
    let value = ${T}(x[at]);
#if KIND == 'max'
    total = max(total, value);
#elif SQUARE
    total += value * value;
#else
    total += value;
#end
    at += units;
  }
#if VEC == 4
  y[i] = vec4<${OUT_TYPE}>(total * params.scale);
#else
  y[i] = ${OUT_TYPE}(total * params.scale);
#end
}
