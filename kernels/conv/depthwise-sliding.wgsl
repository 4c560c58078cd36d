// Depthwise convolution of a texture (kernels/texture-operand.ts), for drivers whose lanes are the SIMD lanes of a CPU. With FLIP the
// filter is mirrored, as in conv/depthwise.
//
// A thread makes its pixels in up to ROWS rows and slides down over them: each step takes STRIDE_H lines of the source, adds
// them to every row that they reach, and finishes the topmost of these. So a line is loaded once for all its rows, and the
// code is that of a single row. Steps before the first row only begin those below it.
// The host guarantees that C divides by 4 and that rows are not dilated; pixels and rows may be ragged.
#param ROWS
#param STRIDE_H
#include conv/depthwise-common
#include common/texture
// Rows that are under way between two steps.
#let BEGUN = (KERNEL_H + STRIDE_H - 1) / STRIDE_H - 1

@group(0) @binding(0) var x: texture_storage_2d<${X_TYPE == 'f16' ? 'rgba16float' : 'rgba32float'}, read>;
@group(0) @binding(1) var<storage, read> w: array<${W_TYPE == 'f16' ? 'vec2u' : 'vec4f'}>;

var<private> x_quads: u32;
var<private> x_rows_log2: u32;

fn load_x(pixel: i32, quad: i32) -> vec4f {
  return textureLoad(x, texel(u32(quad), u32(pixel), x_quads, x_rows_log2));
}

fn load_w(i: i32) -> vec4f {
  return ${W_TYPE == 'f16' ? 'unpack_half4' : ''}(w[i]);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  x_rows_log2 = params.rows_per_texel_row_log2_0;
  let quads = params.out_c / 4;
  x_quads = u32(quads);
  let segments = (params.out_w + ${PIXELS - 1}) / ${PIXELS};
  let index = i32(flat_group(group, groups) * 64u + lane);
  let bands = (params.out_h + ${ROWS - 1}) / ${ROWS};
  if (index >= params.batch * bands * segments * quads) { return; }
  let quad = index % quads;
  let ox = (index / quads) % segments * ${PIXELS};
  let band = index / quads / segments;
  let oy = band % bands * ${ROWS};
  let batch = band / bands;
#for t in 0..TAPS
  let w${t} = load_w(quad * ${TAPS} + ${t});
#end
  // The filter, by taps instead of channels.
#for t in 0..TAPS
#let TAP = FLIP ? TAPS - 1 - t : t
  let tap${t} = vec4f(w${TAP / 4}[${TAP % 4}], w${(TAP + TAPS) / 4}[${(TAP + TAPS) % 4}], w${(TAP + 2 * TAPS) / 4}[${(TAP + 2 * TAPS) % 4}], w${(TAP + 3 * TAPS) / 4}[${(TAP + 3 * TAPS) % 4}]);
#end
  let ix = ox * ${STRIDE_W} - params.pad_w;
#for t in 0..SPAN
  let inside${t} = within(ix + ${t}, params.in_w);
#end
#for b in 0..BEGUN + 1
#for p in 0..PIXELS
  var sum${b}_${p} = vec4f();
#end
#end
  let rows = min(${ROWS}, params.out_h - oy);
  for (var step = 0; step < rows + ${BEGUN}; step++) {
    let line = (oy + step) * ${STRIDE_H} - params.pad_h;
#for j in 0..STRIDE_H
#if j < KERNEL_H
    let base${j} = (batch * params.in_h + line + ${j}) * params.in_w + ix;
    let inside${j}_y = within(line + ${j}, params.in_h);
#for t in 0..SPAN
    let in${j}_${t} = inside${t} && inside${j}_y;
    let x${j}_${t} = select(vec4f(), load_x(select(0, base${j} + ${t}, in${j}_${t}), quad), in${j}_${t});
#end
#end
#end
    // From the row that is finished to the one that is begun.
#for back in 0..BEGUN + 1
#let b = BEGUN - back
#for p in 0..PIXELS
#if b > 0
    sum${b}_${p} = sum${b - 1}_${p};
#else
    sum0_${p} = vec4f();
#end
#for j in 0..STRIDE_H
#let ky = b * STRIDE_H + j
#if ky < KERNEL_H
#for kx in 0..KERNEL_W
    sum${b}_${p} += x${j}_${p * STRIDE_W + kx * DILATION_W} * tap${ky * KERNEL_W + kx};
#end
#end
#end
#end
#end
    if (step < ${BEGUN}) { continue; }
    let row = oy + step - ${BEGUN};
#for p in 0..PIXELS
    if (ox + ${p} < params.out_w) {
      let to = ((batch * params.out_h + row) * params.out_w + ox + ${p}) * quads + quad;
      y[to] = vec4<${Y_TYPE}>(apply_epilogue(sum${BEGUN}_${p}, u32(to), u32(quad)));
    }
#end
  }
}
