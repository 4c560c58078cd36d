// Winograd F(4, 3) along one axis, first step: V[e, tile, piece, c] = (Bᵀ d)[e] of the 6 pixels d that three taps, a piece of
// the filter, need for 4 results (Lavin & Gray 2016, §4). The results of a tile are `dilation` pixels apart; tiles of the
// `dilation` phases are neighbours. Pixels outside the source are zero.
//
// Layouts: source [B, 1, W, C], V [6, count, pieces, C] in f32 of `count` tiles from tile `first` on. A thread transforms 4
// channels of one piece. The host guarantees that C divides by 4.
#param SOURCE_TYPE
#param F16
#if F16
enable f16;
#end
#include common/index

struct Params {
  length: i32, quads: i32, tiles: i32, dilation: i32,
  pad: i32, pieces: i32, first: i32, count: i32,
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
  let step = params.count * params.pieces * params.quads;
  if (index >= step) { return; }
  let quad = index % params.quads;
  let piece = (index / params.quads) % params.pieces;
  let tile = params.first + index / (params.quads * params.pieces);
  let image = tile / (params.tiles * params.dilation);
  let phase = tile % params.dilation;
  let x = phase + ((tile / params.dilation) % params.tiles * 4 + piece * 3) * params.dilation - params.pad;
#for i in 0..6
  let x${i} = x + ${i} * params.dilation;
  let inside${i} = u32(x${i}) < u32(params.length);
  let d${i} = select(vec4f(), load(select(0, (image * params.length + x${i}) * params.quads + quad, inside${i})), inside${i});
#end
  v[index] = 4.0 * d0 - 5.0 * d2 + d4;
  v[step + index] = d4 + d3 - 4.0 * (d2 + d1);
  v[2 * step + index] = d4 - d3 - 4.0 * (d2 - d1);
  v[3 * step + index] = d4 - d2 + 2.0 * (d3 - d1);
  v[4 * step + index] = d4 - d2 - 2.0 * (d3 - d1);
  v[5 * step + index] = 4.0 * d1 - 5.0 * d3 + d5;
}
