// Weight gradient of the convolution as an implicit matrix product for software Vulkan: rows are output channels, columns
// are (tap, input channel), the inner dimension runs over output pixels.
//
// A workgroup is one subgroup and computes ROWS × (COLS·LANES) weights in registers. It walks the lines of pixels of its
// split, four pixels a step: lane l loads gradient channels and spreads them by broadcasts with constant lanes, and loads
// the input under its own columns, each of which has its own tap. Grid: column tiles × row tiles × (splits · groups).
// With several splits (split-K) the result is one partial sum a split, [split, O, KH, KW, I/groups] in f32, for `split-k-sum`.
//
// TEXTURES = 2: x and g are textures (kernels/texture-operand.ts), whose loads cost a third.
// Layouts: as in `naive-weight-gradient.wgsl`. The host guarantees: G_VEC = 4 only where the output channels of a group
// divide by 4, WIDE only where the input channels of a group do and COLS = 4, textures only with both, and LANES is the
// subgroup size.
#param LANES
#param G_VEC
#param COLS
#param WIDE
#param TEXTURES = 0
#param X_TYPE
#param G_TYPE
#param W_TYPE
enable subgroups;
#param F16
#if F16
enable f16;
#end
#param ROWS
#let PARTS = G_VEC == 4 ? 1 : ROWS / LANES
#let OFFSETS = WIDE ? 1 : COLS
#include common/half
#include conv/geometry
#include common/texture

#if TEXTURES > 0
@group(0) @binding(0) var x: texture_storage_2d<${X_TYPE == 'f16' ? 'rgba16float' : 'rgba32float'}, read>;
#else
@group(0) @binding(0) var<storage, read> x: array<${WIDE ? (X_TYPE == 'f16' ? 'vec2u' : 'vec4f') : X_TYPE}>;
#end
#if TEXTURES > 0
@group(0) @binding(1) var g: texture_storage_2d<${G_TYPE == 'f16' ? 'rgba16float' : 'rgba32float'}, read>;
#else
@group(0) @binding(1) var<storage, read> g: array<${G_VEC == 4 ? (G_TYPE == 'f16' ? 'vec2u' : 'vec4f') : G_TYPE}>;
#end
@group(0) @binding(2) var<storage, read_write> w: array<${WIDE ? 'vec4<' : ''}${W_TYPE}${WIDE ? '>' : ''}>;
@group(0) @binding(3) var<uniform> params: Params;

#if TEXTURES > 0
var<private> x_rows_log2: u32;
var<private> g_rows_log2: u32;

#end
// The input from a channel of a pixel on: one, or four with WIDE.
fn load_x(pixel: i32, channel: i32) -> ${WIDE ? 'vec4f' : 'f32'} {
#if TEXTURES > 0
  return textureLoad(x, texel(u32(channel / 4), u32(pixel), u32(params.in_c / 4), x_rows_log2));
#else
  let i = pixel * params.in_c + channel;
#if WIDE && X_TYPE == 'f16'
  return unpack_half4(x[i / 4]);
#elif WIDE
  return x[i / 4];
#else
  return f32(x[i]);
#end
#end
}

// The gradient from a channel of a pixel on: one, or four with G_VEC = 4.
fn load_g(pixel: i32, channel: i32) -> ${G_VEC == 4 ? 'vec4f' : 'f32'} {
#if TEXTURES > 0
  return textureLoad(g, texel(u32(channel / 4), u32(pixel), u32(params.out_c / 4), g_rows_log2));
#else
  let i = pixel * params.out_c + channel;
#if G_VEC == 4 && G_TYPE == 'f16'
  return unpack_half4(g[i / 4]);
#elif G_VEC == 4
  return g[i / 4];
#else
  return f32(g[i]);
#end
#end
}

@compute @workgroup_size(${LANES})
fn main(
  @builtin(workgroup_id) tile: vec3u,
  @builtin(num_workgroups) tiles: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let lane = i32(local);
#if TEXTURES > 0
  x_rows_log2 = params.rows_per_texel_row_log2_0;
  g_rows_log2 = params.rows_per_texel_row_log2_1;
#end
  let group = i32(tile.z) % params.groups;
  let split = i32(tile.z) / params.groups;
  let splits = i32(tiles.z) / params.groups;
  let depth = params.in_c / params.groups;
  let width = params.out_c / params.groups;
  let columns = params.kernel_h * params.kernel_w * depth;
  let first_row = i32(tile.y) * ${ROWS};
  let first_col = i32(tile.x) * ${COLS * LANES} + lane * ${COLS};

#for j in 0..OFFSETS
  let col${j} = min(first_col + ${j}, columns - ${WIDE ? 4 : 1});
  let dx${j} = (col${j} / depth) % params.kernel_w * params.dilation_w - params.pad_w;
  let dy${j} = col${j} / depth / params.kernel_w * params.dilation_h - params.pad_h;
  let channel${j} = group * depth + col${j} % depth;
#end
#for p in 0..PARTS
#if G_VEC == 4
  let rows${p} = group * width + min(first_row + 4 * (lane % ${ROWS / 4}), width - 4);
#else
  let rows${p} = group * width + min(first_row + ${p * LANES} + lane, width - 1);
#end
#end
#for i in 0..ROWS
#for j in 0..COLS
  var c${i}_${j} = 0.0;
#end
#end

  // Lines of pixels of this split.
  let lines = params.batch * params.out_h;
  let first = lines * split / splits;
  let last = lines * (split + 1) / splits;
  for (var line = first; line < last; line++) {
    let oy = line % params.out_h;
    let batch = line / params.out_h;
#for j in 0..OFFSETS
    let iy${j} = oy * params.stride_h + dy${j};
    let reached${j} = within(iy${j}, params.in_h);
    let base${j} = (batch * params.in_h + iy${j}) * params.in_w;
#end
    for (var ox = 0; ox < params.out_w; ox += 4) {
#for u in 0..4
      let ox${u} = min(ox + ${u}, params.out_w - 1);
#for p in 0..PARTS
      let a${u}_${p} = load_g(line * params.out_w + ox${u}, rows${p});
#end
#for j in 0..OFFSETS
      let ix${u}_${j} = ox${u} * params.stride_w + dx${j};
      let inside${u}_${j} = reached${j} && within(ix${u}_${j}, params.in_w) && ox + ${u} < params.out_w;
      let x${u}_${j} = select(${WIDE ? 'vec4f()' : '0.0'}, load_x(select(0, base${j} + ix${u}_${j}, inside${u}_${j}), channel${j}), inside${u}_${j});
#end
#for j in 0..COLS
#if WIDE
      let b${u}_${j} = x${u}_0[${j}];
#else
      let b${u}_${j} = x${u}_${j};
#end
#end
#end
#for i in 0..ROWS
#for u in 0..4
#if G_VEC == 4
      let g${i}_${u} = subgroupBroadcast(a${u}_0[${i % 4}], ${i / 4}u);
#else
      let g${i}_${u} = subgroupBroadcast(a${u}_${i / LANES}, ${i % LANES}u);
#end
#end
#for j in 0..COLS
      c${i}_${j} = c${i}_${j} + g${i}_0 * b0_${j} + g${i}_1 * b1_${j} + g${i}_2 * b2_${j} + g${i}_3 * b3_${j};
#end
#end
    }
  }

  // A loop, not 32 copies, of the stores: drivers take seconds to compile those.
#for j in 0..COLS
  var sums${j} = array<f32, ${ROWS}>(
#for i in 0..ROWS
    c${i}_${j},
#end
  );
#end
  for (var i = 0; i < min(${ROWS}, width - first_row); i++) {
    let to = (split * params.out_c + group * width + first_row + i) * columns + first_col;
#if WIDE
    if (first_col < columns) { w[to / 4] = vec4<${W_TYPE}>(vec4f(sums0[i], sums1[i], sums2[i], sums3[i])); }
#else
#for j in 0..COLS
    if (first_col + ${j} < columns) { w[to + ${j}] = ${W_TYPE}(sums${j}[i]); }
#end
#end
  }
}
