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
#include common/half
#include common/each

struct Params {
  height: i32, width: i32, quads: i32,
  tiles_h: i32, tiles_w: i32, pad_h: i32, pad_w: i32,
  first: i32, count: i32,
  // Side of a patch, 6.
  side: i32,
}

@group(0) @binding(0) var<storage, read> source: array<${SOURCE_TYPE == 'f16' ? 'vec2u' : 'vec4f'}>;
@group(0) @binding(1) var<storage, read_write> v: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

fn load(i: i32) -> vec4f {
  return ${SOURCE_TYPE == 'f16' ? 'unpack_half4' : ''}(source[i]);
}

fn each(thread: u32) {
  let index = i32(thread);
  if (index >= params.count * params.quads) { return; }
  let quad = index % params.quads;
  let tile = params.first + index / params.quads;
  let x = tile % params.tiles_w * 4 - params.pad_w;
  let y = (tile / params.tiles_w) % params.tiles_h * 4 - params.pad_h;
  let batch = tile / (params.tiles_w * params.tiles_h);
  // Loops of a length that drivers do not know: unrolled, the 36 loads and stores take them seconds to compile. Values move
  // from register to register between the steps, which is cheaper than an array with a variable index.
#for i in 0..6
#for j in 0..6
  var e${i}_${j} = vec4f();
#end
#end
  for (var j = 0; j < params.side; j++) {
#for i in 0..6
    let inside${i} = u32(y + ${i}) < u32(params.height) && u32(x + j) < u32(params.width);
    let d${i} = select(vec4f(), load(select(0, ((batch * params.height + y + ${i}) * params.width + x + j) * params.quads + quad, inside${i})), inside${i});
#for k in 0..5
    e${i}_${k} = e${i}_${k + 1};
#end
#end
    e0_5 = 4.0 * d0 - 5.0 * d2 + d4;
    e1_5 = d4 + d3 - 4.0 * (d2 + d1);
    e2_5 = d4 - d3 - 4.0 * (d2 - d1);
    e3_5 = d4 - d2 + 2.0 * (d3 - d1);
    e4_5 = d4 - d2 - 2.0 * (d3 - d1);
    e5_5 = 4.0 * d1 - 5.0 * d3 + d5;
  }
  let step = params.count * params.quads;
  for (var i = 0; i < params.side; i++) {
    let to = 6 * i * step + index;
    v[to] = 4.0 * e0_0 - 5.0 * e0_2 + e0_4;
    v[to + step] = e0_4 + e0_3 - 4.0 * (e0_2 + e0_1);
    v[to + 2 * step] = e0_4 - e0_3 - 4.0 * (e0_2 - e0_1);
    v[to + 3 * step] = e0_4 - e0_2 + 2.0 * (e0_3 - e0_1);
    v[to + 4 * step] = e0_4 - e0_2 - 2.0 * (e0_3 - e0_1);
    v[to + 5 * step] = 4.0 * e0_1 - 5.0 * e0_3 + e0_5;
#for k in 0..5
#for j in 0..6
    e${k}_${j} = e${k + 1}_${j};
#end
#end
  }
}
