// Winograd F(4×4, 3×3), first step: V[e, tile, c] = (Bᵀ d B)[e] of each 6×6 patch d of the source (Lavin & Gray 2016, §4).
// Patches start every 4 pixels; pixels outside the source are zero.
//
// Layouts: source [B, H, W, C], V [36, count, C] in f32 of `count` patches from patch `first` on. A thread transforms one
// patch of 4 channels.
// The host guarantees that C divides by 4.
#param SOURCE_TYPE
#param F16
#if F16
enable f16;
#end
#include common/index

struct Params {
  height: i32, width: i32, quads: i32,
  tiles_h: i32, tiles_w: i32, pad_h: i32, pad_w: i32,
  first: i32, count: i32,
}

@group(0) @binding(0) var<storage, read> source: array<${SOURCE_TYPE == 'f16' ? 'vec2u' : 'vec4f'}>;
@group(0) @binding(1) var<storage, read_write> v: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

fn load(i: i32) -> vec4f {
  let value = source[i];
  return ${SOURCE_TYPE == 'f16' ? 'vec4f(unpack2x16float(value.x), unpack2x16float(value.y))' : 'value'};
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = i32(flat_group(group, groups) * 64u + lane);
  if (index >= params.count * params.quads) { return; }
  let quad = index % params.quads;
  let tile = params.first + index / params.quads;
  let x = tile % params.tiles_w * 4 - params.pad_w;
  let y = (tile / params.tiles_w) % params.tiles_h * 4 - params.pad_h;
  let batch = tile / (params.tiles_w * params.tiles_h);
#for i in 0..6
#for j in 0..6
  let inside${i}_${j} = u32(y + ${i}) < u32(params.height) && u32(x + ${j}) < u32(params.width);
  let d${i}_${j} = select(vec4f(), load(select(0, ((batch * params.height + y + ${i}) * params.width + x + ${j}) * params.quads + quad, inside${i}_${j})), inside${i}_${j});
#end
#end
#for j in 0..6
  let e0_${j} = 4.0 * d0_${j} - 5.0 * d2_${j} + d4_${j};
  let e1_${j} = d4_${j} + d3_${j} - 4.0 * (d2_${j} + d1_${j});
  let e2_${j} = d4_${j} - d3_${j} - 4.0 * (d2_${j} - d1_${j});
  let e3_${j} = d4_${j} - d2_${j} + 2.0 * (d3_${j} - d1_${j});
  let e4_${j} = d4_${j} - d2_${j} - 2.0 * (d3_${j} - d1_${j});
  let e5_${j} = 4.0 * d1_${j} - 5.0 * d3_${j} + d5_${j};
#end
  let step = params.count * params.quads;
#for i in 0..6
  v[${6 * i} * step + index] = 4.0 * e${i}_0 - 5.0 * e${i}_2 + e${i}_4;
  v[${6 * i + 1} * step + index] = e${i}_4 + e${i}_3 - 4.0 * (e${i}_2 + e${i}_1);
  v[${6 * i + 2} * step + index] = e${i}_4 - e${i}_3 - 4.0 * (e${i}_2 - e${i}_1);
  v[${6 * i + 3} * step + index] = e${i}_4 - e${i}_2 + 2.0 * (e${i}_3 - e${i}_1);
  v[${6 * i + 4} * step + index] = e${i}_4 - e${i}_2 - 2.0 * (e${i}_3 - e${i}_1);
  v[${6 * i + 5} * step + index] = 4.0 * e${i}_1 - 5.0 * e${i}_3 + e${i}_5;
#end
}
