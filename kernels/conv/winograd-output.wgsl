// Winograd F(4×4, 3×3), last step: the 4×4 result pixels of each tile are Aᵀ q A of its 36 products q.
//
// Layouts: Q [36, count, C] in f32 of `count` tiles from tile `first` on, result [B, H, W, C]. A thread makes one tile of 4
// channels and leaves out what lies beyond the result. The host guarantees that C divides by 4.
#param RESULT_TYPE
#param F16
#param OUTPUT_BINDING
#if F16
enable f16;
#end
#include common/index
#include common/epilogue

struct Params { height: i32, width: i32, quads: i32, tiles_h: i32, tiles_w: i32, first: i32, count: i32 }

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
  let x = tile % params.tiles_w * 4;
  let y = (tile / params.tiles_w) % params.tiles_h * 4;
  let batch = tile / (params.tiles_w * params.tiles_h);
#for j in 0..6
#for i in 0..6
  let q${i}_${j} = q[${6 * i + j} * step + index];
#end
  let e0_${j} = q0_${j} + q1_${j} + q2_${j} + q3_${j} + q4_${j};
  let e1_${j} = q1_${j} - q2_${j} + 2.0 * (q3_${j} - q4_${j});
  let e2_${j} = q1_${j} + q2_${j} + 4.0 * (q3_${j} + q4_${j});
  let e3_${j} = q1_${j} - q2_${j} + 8.0 * (q3_${j} - q4_${j}) + q5_${j};
#end
  var pixels = array<vec4f, 16>(
#for i in 0..4
    e${i}_0 + e${i}_1 + e${i}_2 + e${i}_3 + e${i}_4,
    e${i}_1 - e${i}_2 + 2.0 * (e${i}_3 - e${i}_4),
    e${i}_1 + e${i}_2 + 4.0 * (e${i}_3 + e${i}_4),
    e${i}_1 - e${i}_2 + 8.0 * (e${i}_3 - e${i}_4) + e${i}_5,
#end
  );
  for (var p = 0; p < 16; p++) {
    let row = y + p / 4;
    let column = x + p % 4;
    if (row < params.height && column < params.width) {
      let to = ((batch * params.height + row) * params.width + column) * params.quads + quad;
      result[to] = vec4<${RESULT_TYPE}>(apply_epilogue(pixels[p], u32(to), u32(quad)));
    }
  }
}
