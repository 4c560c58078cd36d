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
#include common/each
#include common/epilogue

struct Params { height: i32, width: i32, quads: i32, tiles_h: i32, tiles_w: i32, first: i32, count: i32, side: i32 }

@group(0) @binding(0) var<storage, read> q: array<vec4f>;
@group(0) @binding(${OUTPUT_BINDING}) var<storage, read_write> result: array<vec4<${RESULT_TYPE}>>;
@group(0) @binding(${OUTPUT_BINDING + 1}) var<uniform> params: Params;

fn each(thread: u32) {
  let index = i32(thread);
  let step = params.count * params.quads;
  if (index >= step) { return; }
  let quad = index % params.quads;
  let tile = params.first + index / params.quads;
  let x = tile % params.tiles_w * 4;
  let y = (tile / params.tiles_w) % params.tiles_h * 4;
  let batch = tile / (params.tiles_w * params.tiles_h);
  // As in winograd-input: loops of a length that drivers do not know, with values that move from register to register.
#for i in 0..4
#for j in 0..6
  var e${i}_${j} = vec4f();
#end
#end
  for (var j = 0; j < params.side; j++) {
#for i in 0..6
    let q${i} = q[(${6 * i} + j) * step + index];
#end
#for i in 0..4
#for k in 0..5
    e${i}_${k} = e${i}_${k + 1};
#end
#end
    e0_5 = q0 + q1 + q2 + q3 + q4;
    e1_5 = q1 - q2 + 2.0 * (q3 - q4);
    e2_5 = q1 + q2 + 4.0 * (q3 + q4);
    e3_5 = q1 - q2 + 8.0 * (q3 - q4) + q5;
  }
  var pixels = array<vec4f, 16>(
#for i in 0..4
    e${i}_0 + e${i}_1 + e${i}_2 + e${i}_3 + e${i}_4,
    e${i}_1 - e${i}_2 + 2.0 * (e${i}_3 - e${i}_4),
    e${i}_1 + e${i}_2 + 4.0 * (e${i}_3 + e${i}_4),
    e${i}_1 - e${i}_2 + 8.0 * (e${i}_3 - e${i}_4) + e${i}_5,
#end
  );
  for (var i = 0; i < min(4, params.height - y); i++) {
    for (var j = 0; j < min(4, params.width - x); j++) {
      let to = ((batch * params.height + y + i) * params.width + x + j) * params.quads + quad;
      result[to] = vec4<${RESULT_TYPE}>(apply_epilogue(pixels[4 * i + j], u32(to), u32(quad)));
    }
  }
}
