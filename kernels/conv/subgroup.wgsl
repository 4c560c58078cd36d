// Convolution (or, with ADJOINT, its adjoint in the input) as an implicit matrix product for software Vulkan: rows are
// pixels of the result, columns its channels, the inner dimension taps × channels of the source.
//
// A workgroup is one subgroup and computes 32 pixels × (COLS·LANES) channels in registers. Lane l loads source pixel
// l, l + LANES, … and spreads it by broadcasts with constant lanes; it holds columns COLS·l … of the weights. No shared
// memory, no barriers: both cost several times the arithmetic on such drivers.
//
// Layouts: as in `naive.wgsl` and `naive-input-gradient.wgsl`. Source and result stand for x and y, or g and x with
// ADJOINT. There, the rows of a workgroup share their place modulo the stride (the phase), so a tap serves all or none.
// Grid: column tiles × row tiles × (phases · groups).
// TEXTURES = 2: source and weights are textures (kernels/texture-operand.ts), whose loads cost a third.
// The host guarantees: VEC = 4 only where the source channels of a group divide by 4, WIDE only where those of the result
// do and COLS = 4, LANES is the subgroup size, and textures
// only of vec4s. Rows and columns may be ragged.
#param LANES
#param ADJOINT
#param VEC
#param COLS
#param WIDE
#param TEXTURES = 0
#param SOURCE_TYPE
#param WEIGHT_TYPE
#param RESULT_TYPE
enable subgroups;
#param F16
#param OUTPUT_BINDING = 2
#if F16
enable f16;
#end
#include common/half
#include conv/geometry
#include common/epilogue
#include common/texture
#let ROWS = 32
#let PARTS = ROWS / LANES
#let WEIGHT_VEC = ADJOINT ? (WIDE ? 4 : 1) : VEC

#if TEXTURES > 0
@group(0) @binding(0) var source: texture_storage_2d<${SOURCE_TYPE == 'f16' ? 'rgba16float' : 'rgba32float'}, read>;
#else
@group(0) @binding(0) var<storage, read> source: array<${VEC == 1 ? SOURCE_TYPE : SOURCE_TYPE == 'f16' ? 'vec2u' : 'vec4f'}>;
#end
#if TEXTURES > 0
@group(0) @binding(1) var weights: texture_storage_2d<${WEIGHT_TYPE == 'f16' ? 'rgba16float' : 'rgba32float'}, read>;
#else
@group(0) @binding(1) var<storage, read> weights: array<${WEIGHT_VEC == 1 ? WEIGHT_TYPE : WEIGHT_TYPE == 'f16' ? 'vec2u' : 'vec4f'}>;
#end
@group(0) @binding(${OUTPUT_BINDING}) var<storage, read_write> result: array<${WIDE ? 'vec4<' : ''}${RESULT_TYPE}${WIDE ? '>' : ''}>;
@group(0) @binding(${OUTPUT_BINDING + 1}) var<uniform> params: Params;

#if TEXTURES > 0
var<private> source_rows_log2: u32;
var<private> weight_rows_log2: u32;

#end
// Channel x, or vec4 x of the channels, of a pixel.
fn load_source(pixel: i32, x: i32) -> ${VEC == 4 ? 'vec4f' : 'f32'} {
  let length = params.${ADJOINT ? 'out_c' : 'in_c'} / ${VEC};
#if TEXTURES > 0
  return textureLoad(source, texel(u32(x), u32(pixel), u32(length), source_rows_log2));
#elif VEC == 1
  return f32(source[pixel * length + x]);
#elif SOURCE_TYPE == 'f16'
  return unpack_half4(source[pixel * length + x]);
#else
  return source[pixel * length + x];
#end
}

// Weight x, or vec4 x of the weights, of a tap of an output channel.
fn load_weight(row: i32, x: i32) -> ${WEIGHT_VEC == 4 ? 'vec4f' : 'f32'} {
  let length = params.in_c / params.groups / ${WEIGHT_VEC};
#if TEXTURES > 0
  return textureLoad(weights, texel(u32(x), u32(row), u32(length), weight_rows_log2));
#elif WEIGHT_VEC == 1
  return f32(weights[row * length + x]);
#elif WEIGHT_TYPE == 'f16'
  return unpack_half4(weights[row * length + x]);
#else
  return weights[row * length + x];
#end
}

@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) tile: vec3u, @builtin(local_invocation_index) local: u32) {
  let lane = i32(local);
#if TEXTURES > 0
  source_rows_log2 = params.rows_per_texel_row_log2_0;
  weight_rows_log2 = params.rows_per_texel_row_log2_1;
#end
#if ADJOINT
  let depth = params.out_c / params.groups;
  let width = params.in_c / params.groups;
  let source_h = params.out_h;
  let source_w = params.out_w;
  let phase = i32(tile.z) / params.groups;
  let phase_y = phase / params.stride_w;
  let phase_x = phase % params.stride_w;
  let rows_h = (params.in_h - phase_y + params.stride_h - 1) / params.stride_h;
  let rows_w = (params.in_w - phase_x + params.stride_w - 1) / params.stride_w;
#else
  let depth = params.in_c / params.groups;
  let width = params.out_c / params.groups;
  let source_h = params.in_h;
  let source_w = params.in_w;
  let rows_h = params.out_h;
  let rows_w = params.out_w;
#end
  let group = i32(tile.z) % params.groups;
  let rows = params.batch * rows_h * rows_w;
  let first_row = i32(tile.y) * ${ROWS};
  let first_col = i32(tile.x) * ${COLS * LANES} + lane * ${COLS};
  if (first_row >= rows) { return; }

#for p in 0..PARTS
  let own_row${p} = min(first_row + ${p * LANES} + lane, rows - 1);
  let place_x${p} = own_row${p} % rows_w;
  let place_y${p} = (own_row${p} / rows_w) % rows_h;
  let batch${p} = own_row${p} / (rows_w * rows_h);
#if ADJOINT
  let x${p} = place_x${p};
  let y${p} = place_y${p};
  let pixel${p} = (batch${p} * params.in_h + place_y${p} * params.stride_h + phase_y) * params.in_w + place_x${p} * params.stride_w + phase_x;
#else
  let x${p} = place_x${p} * params.stride_w - params.pad_w;
  let y${p} = place_y${p} * params.stride_h - params.pad_h;
#end
#end
#for j in 0..COLS
  let col${j} = min(first_col + ${j}, width - 1);
#end
#for i in 0..ROWS
#for j in 0..COLS
  var c${i}_${j} = 0.0;
#end
#end

  for (var ky = 0; ky < params.kernel_h; ky++) {
#if ADJOINT
    let reach_y = phase_y + params.pad_h - ky * params.dilation_h;
    if (reach_y % params.stride_h != 0) { continue; }
    let step_y = reach_y / params.stride_h;
#else
    let step_y = ky * params.dilation_h;
#end
    for (var kx = 0; kx < params.kernel_w; kx++) {
#if ADJOINT
      let reach_x = phase_x + params.pad_w - kx * params.dilation_w;
      if (reach_x % params.stride_w != 0) { continue; }
      let step_x = reach_x / params.stride_w;
#else
      let step_x = kx * params.dilation_w;
#end
#for p in 0..PARTS
      let inside${p} = within(y${p} + step_y, source_h) && within(x${p} + step_x, source_w);
      let from${p} = select(0, (batch${p} * source_h + y${p} + step_y) * source_w + x${p} + step_x, inside${p});
#end
      let tap = ky * params.kernel_w + kx;
      let taps = params.kernel_h * params.kernel_w;
      for (var k = 0; k < depth; k += ${VEC}) {
#for p in 0..PARTS
        let a${p} = select(${VEC == 4 ? 'vec4f()' : '0.0'}, load_source(from${p}, (group * depth + k) / ${VEC}), inside${p});
#end
#if ADJOINT
#for k in 0..VEC
#if WIDE
        let b${k} = load_weight((group * depth + k + ${k}) * taps + tap, min(first_col, width - 4) / 4);
#else
#for j in 0..COLS
        let b${k}_${j} = load_weight((group * depth + k + ${k}) * taps + tap, col${j});
#end
#end
#end
#if WIDE
#for k in 0..VEC
#for j in 0..COLS
        let b${k}_${j} = b${k}[${j}];
#end
#end
#end
#else
#for j in 0..COLS
        let b${j} = load_weight((group * width + col${j}) * taps + tap, k / ${VEC});
#end
#for k in 0..VEC
#for j in 0..COLS
        let b${k}_${j} = b${j}${VEC == 4 ? '[' : ''}${VEC == 4 ? k : ''}${VEC == 4 ? ']' : ''};
#end
#end
#end
#for i in 0..ROWS
#for k in 0..VEC
        let a${i}_${k} = subgroupBroadcast(a${i / LANES}${VEC == 4 ? '[' : ''}${VEC == 4 ? k : ''}${VEC == 4 ? ']' : ''}, ${i % LANES}u);
#end
#for j in 0..COLS
#if VEC == 4
        c${i}_${j} = c${i}_${j} + a${i}_0 * b0_${j} + a${i}_1 * b1_${j} + a${i}_2 * b2_${j} + a${i}_3 * b3_${j};
#else
        c${i}_${j} += a${i}_0 * b0_${j};
#end
#end
#end
      }
    }
  }

  // A loop, not 32 copies, of the epilogue: drivers take seconds to compile those.
  let channel = group * width + first_col;
#for j in 0..COLS
  var sums${j} = array<f32, ${ROWS}>(
#for i in 0..ROWS
    c${i}_${j},
#end
  );
#end
#if ADJOINT
  var pixels = array<i32, ${ROWS}>(
#for i in 0..ROWS
    subgroupBroadcast(pixel${i / LANES}, ${i % LANES}u),
#end
  );
#end
  for (var i = 0; i < min(${ROWS}, rows - first_row); i++) {
#if ADJOINT
    let to = pixels[i] * params.in_c + channel;
#else
    let to = (first_row + i) * params.out_c + channel;
#end
#if WIDE
    if (first_col < width) {
      let value = vec4f(sums0[i], sums1[i], sums2[i], sums3[i]);
      result[to / 4] = vec4<${RESULT_TYPE}>(apply_epilogue(value, u32(to / 4), u32(channel / 4)));
    }
#else
#for j in 0..COLS
    if (first_col + ${j} < width) {
      result[to + ${j}] = ${RESULT_TYPE}(apply_epilogue(sums${j}[i], u32(to + ${j}), u32(channel + ${j})));
    }
#end
#end
  }
}
