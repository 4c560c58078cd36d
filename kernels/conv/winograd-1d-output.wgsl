// Winograd F(4, 3) along one axis, last step: the 4 results of each tile are Aᵀ q of its 6 products q.
//
// Layouts: Q [6, count, C] in f32 of `count` tiles from tile `first` on (as `winograd-1d-input.wgsl` numbers them), result
// [B, 1, W, C]. A thread makes one tile of 4 channels and leaves out what lies beyond the result.
// The host guarantees that C divides by 4.
#param RESULT_TYPE
#param F16
#param OUTPUT_BINDING
#if F16
enable f16;
#end
#include common/index
#include common/epilogue

struct Params { length: i32, quads: i32, tiles: i32, dilation: i32, first: i32, count: i32 }

@group(0) @binding(0) var<storage, read> q: array<vec4f>;
@group(0) @binding(${OUTPUT_BINDING}) var<storage, read_write> result: array<vec4<${RESULT_TYPE}>>;
@group(0) @binding(${OUTPUT_BINDING + 1}) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = i32(flat_group(group, groups) * 64u + lane);
  let step = params.count * params.quads;
  if (index >= step) { return; }
  let quad = index % params.quads;
  let tile = params.first + index / params.quads;
  let image = tile / (params.tiles * params.dilation);
  let x = tile % params.dilation + (tile / params.dilation) % params.tiles * 4 * params.dilation;
#for i in 0..6
  let q${i} = q[${i} * step + index];
#end
  var pixels = array<vec4f, 4>(
    q0 + q1 + q2 + q3 + q4,
    q1 - q2 + 2.0 * (q3 - q4),
    q1 + q2 + 4.0 * (q3 + q4),
    q1 - q2 + 8.0 * (q3 - q4) + q5,
  );
  for (var p = 0; p < 4; p++) {
    let column = x + p * params.dilation;
    if (column < params.length) {
      let to = (image * params.length + column) * params.quads + quad;
      result[to] = vec4<${RESULT_TYPE}>(finish(pixels[p], u32(to), u32(quad)));
    }
  }
}
