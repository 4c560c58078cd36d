// y[row] = scale · reduction over the contiguous row x[row, 0 … length), one workgroup a row, or a row's chunk.
//
// Tiling: each of LANES threads reduces every LANES-th unit (VEC elements) of a chunk, then the threads reduce together. A row
// is cut into `chunks` of `chunk` elements (the last may be shorter) whose results are y[out_start + row·chunks + c]; a
// second call reduces those. The host guarantees VEC | length and VEC | chunk.
#param KIND
#param SQUARE
#param IN_TYPE
#param OUT_TYPE
#param VEC
#param LANES
#param SUBGROUP
#if SUBGROUP
enable subgroups;
#end
#if IN_TYPE == 'f16' || OUT_TYPE == 'f16'
enable f16;
#end
#include common/index
#include reduce/lanes
#let T = VEC == 4 ? 'vec4f' : 'f32'

struct Params { rows: u32, length: u32, chunk: u32, chunks: u32, out_start: u32, scale: f32 }

#if VEC == 4
@group(0) @binding(0) var<storage, read> x: array<vec4<${IN_TYPE}>>;
#else
@group(0) @binding(0) var<storage, read> x: array<${IN_TYPE}>;
#end
@group(0) @binding(1) var<storage, read_write> y: array<${OUT_TYPE}>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(${LANES})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = flat_group(group, groups);
  if (index >= params.rows * params.chunks) { return; }
  let row = index / params.chunks;
  let first = (index % params.chunks) * params.chunk;
  let stop = min(first + params.chunk, params.length) / ${VEC}u;
  let start = row * (params.length / ${VEC}u);
#if KIND == 'max'
  var partial = ${T}(-3.4028234e38);
#else
  var partial = ${T}(0.0);
#end
  for (var r = first / ${VEC}u + lane; r < stop; r += ${LANES}u) {
    let value = ${T}(x[start + r]);
#if KIND == 'max'
    partial = max(partial, value);
#elif SQUARE
    partial += value * value;
#else
    partial += value;
#end
  }
#if KIND == 'max' && VEC == 4
  let total = all_max(max(max(partial.x, partial.y), max(partial.z, partial.w)), lane, 0u);
#elif KIND == 'max'
  let total = all_max(partial, lane, 0u);
#elif VEC == 4
  let total = all_sum(vec2f(partial.xy + partial.zw), lane, 0u);
#else
  let total = all_sum(vec2f(partial, 0.0), lane, 0u);
#end
  if (lane == 0u) {
#if KIND == 'max'
    y[params.out_start + index] = ${OUT_TYPE}(total * params.scale);
#else
    y[params.out_start + index] = ${OUT_TYPE}((total.x + total.y) * params.scale);
#end
  }
}
