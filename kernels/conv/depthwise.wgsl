// Depthwise convolution: each channel has a filter of its own. With FLIP the filter is mirrored, which makes it the adjoint
// of a convolution of stride 1 (the host then exchanges the sizes and gives the padding that is left, (K − 1)·d − p).
//
// A thread makes 8 neighbouring pixels of 4 channels in each of ROWS rows, so that each source element is loaded once for all
// the taps that read it. Neighbouring threads hold neighbouring channels. Layouts: x [B, H, W, C], w [C, KH, KW, 1], y [B, OH, OW, C].
// IMAGES = 1: x is an image (kernels/image.ts).
// The host guarantees that C divides by 4, and one row a thread where rows are dilated; pixels may be ragged.
#param KERNEL_H
#param KERNEL_W
#param ROWS
#param STRIDE_H
#param STRIDE_W
#param DILATION_W
#param FLIP
#param IMAGES = 0
#param X_TYPE
#param W_TYPE
#param Y_TYPE
#param F16
#param OUTPUT_BINDING = 2
#if F16
enable f16;
#end
#include common/index
#include common/epilogue
#include conv/geometry
#include common/image
#let PIXELS = 8
#let LINES = (ROWS - 1) * STRIDE_H + KERNEL_H
#let TAPS = KERNEL_H * KERNEL_W
#let SPAN = (PIXELS - 1) * STRIDE_W + (KERNEL_W - 1) * DILATION_W + 1

#if IMAGES > 0
@group(0) @binding(0) var x: texture_storage_2d<${X_TYPE == 'f16' ? 'rgba16float' : 'rgba32float'}, read>;
#else
@group(0) @binding(0) var<storage, read> x: array<${X_TYPE == 'f16' ? 'vec2u' : 'vec4f'}>;
#end
@group(0) @binding(1) var<storage, read> w: array<${W_TYPE == 'f16' ? 'vec2u' : 'vec4f'}>;
@group(0) @binding(${OUTPUT_BINDING}) var<storage, read_write> y: array<vec4<${Y_TYPE}>>;
@group(0) @binding(${OUTPUT_BINDING + 1}) var<uniform> params: Params;

#if IMAGES > 0
var<private> x_fold_bits: u32;

#end
fn load_x(pixel: i32, quad: i32) -> vec4f {
#if IMAGES > 0
  return textureLoad(x, texel(u32(quad), u32(pixel), u32(params.out_c / 4), x_fold_bits));
#else
  let value = x[pixel * (params.out_c / 4) + quad];
  return ${X_TYPE == 'f16' ? 'vec4f(unpack2x16float(value.x), unpack2x16float(value.y))' : 'value'};
#end
}

fn load_w(i: i32) -> vec4f {
  let value = w[i];
  return ${W_TYPE == 'f16' ? 'vec4f(unpack2x16float(value.x), unpack2x16float(value.y))' : 'value'};
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
#if IMAGES > 0
  x_fold_bits = params.fold_bits_0;
#end
  let quads = params.out_c / 4;
  let segments = (params.out_w + ${PIXELS - 1}) / ${PIXELS};
  let index = i32(flat_group(group, groups) * 64u + lane);
  let bands = (params.out_h + ${ROWS - 1}) / ${ROWS};
  if (index >= params.batch * bands * segments * quads) { return; }
  let quad = index % quads;
  let ox = (index / quads) % segments * ${PIXELS};
  let band = index / quads / segments;
  let oy = band % bands * ${ROWS};
  let image = band / bands;
#for t in 0..TAPS
  let w${t} = load_w(quad * ${TAPS} + ${t});
#end
#for r in 0..ROWS
#for p in 0..PIXELS
  var sum${r}_${p} = vec4f();
#end
#end
  let ix = ox * ${STRIDE_W} - params.pad_w;
#for t in 0..SPAN
  let inside${t} = within(ix + ${t}, params.in_w);
#end
#for line in 0..LINES
  {
    let iy = oy * ${STRIDE_H} - params.pad_h + ${line} * params.dilation_h;
    if (within(iy, params.in_h)) {
      let base = (image * params.in_h + iy) * params.in_w + ix;
#for t in 0..SPAN
      let x${t} = select(vec4f(), load_x(select(0, base + ${t}, inside${t}), quad), inside${t});
#end
#for r in 0..ROWS
#let ky = line - r * STRIDE_H
#if ky >= 0 && ky < KERNEL_H
      {
#for kx in 0..KERNEL_W
#let TAP = FLIP ? TAPS - 1 - ky * KERNEL_W - kx : ky * KERNEL_W + kx
      let f${kx} = vec4f(w${TAP / 4}[${TAP % 4}], w${(TAP + TAPS) / 4}[${(TAP + TAPS) % 4}], w${(TAP + 2 * TAPS) / 4}[${(TAP + 2 * TAPS) % 4}], w${(TAP + 3 * TAPS) / 4}[${(TAP + 3 * TAPS) % 4}]);
#for p in 0..PIXELS
      sum${r}_${p} += x${p * STRIDE_W + kx * DILATION_W} * f${kx};
#end
#end
      }
#end
#end
    }
  }
#end
#for r in 0..ROWS
#for p in 0..PIXELS
  if (ox + ${p} < params.out_w && oy + ${r} < params.out_h) {
    let to = ((image * params.out_h + oy + ${r}) * params.out_w + ox + ${p}) * quads + quad;
    y[to] = vec4<${Y_TYPE}>(finish(sum${r}_${p}, u32(to), u32(quad)));
  }
#end
#end
}
