// Weight gradient of the depthwise convolution: w[c, ky, kx] = Σ g[b, oy, ox, c] · x[b, oy·s − p + ky·d, ox·s − p + kx·d, c].
//
// A thread keeps every tap of 4 channels and walks the lines of pixels of its split of the inner dimension, 4 pixels a step.
// With several splits (split-K) the result is one partial sum a split, [split, C, KH, KW] in f32, for `split-k-sum`.
// Layouts: x [B, H, W, C], g [B, OH, OW, C], w [C, KH, KW, 1]. The host guarantees that C divides by 4; pixels may be ragged.
#param KERNEL_H
#param KERNEL_W
#param STRIDE_W
#param DILATION_W
#param X_TYPE
#param G_TYPE
#param W_TYPE
#param F16
#if F16
enable f16;
#end
#include common/half
#include common/index
#include conv/geometry
#let PIXELS = 4
#let TAPS = KERNEL_H * KERNEL_W
#let SPAN = (PIXELS - 1) * STRIDE_W + (KERNEL_W - 1) * DILATION_W + 1

@group(0) @binding(0) var<storage, read> x: array<${X_TYPE == 'f16' ? 'vec2u' : 'vec4f'}>;
@group(0) @binding(1) var<storage, read> g: array<${G_TYPE == 'f16' ? 'vec2u' : 'vec4f'}>;
@group(0) @binding(2) var<storage, read_write> w: array<vec4<${W_TYPE}>>;
@group(0) @binding(3) var<uniform> params: Params;

fn load_x(i: i32) -> vec4f {
  return ${X_TYPE == 'f16' ? 'unpack_half4' : ''}(x[i]);
}

fn load_g(i: i32) -> vec4f {
  return ${G_TYPE == 'f16' ? 'unpack_half4' : ''}(g[i]);
}

@compute @workgroup_size(8)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let quads = params.out_c / 4;
  let quad = i32(group.x * 8u + lane);
  let split = i32(group.y);
  let splits = i32(groups.y);
  if (quad >= quads) { return; }
#for t in 0..TAPS
  var sum${t} = vec4f();
#end
  let lines = params.batch * params.out_h;
  let last = lines * (split + 1) / splits;
  for (var line = lines * split / splits; line < last; line++) {
    let oy = line % params.out_h;
    let batch = line / params.out_h;
    for (var ox = 0; ox < params.out_w; ox += ${PIXELS}) {
      let ix = ox * ${STRIDE_W} - params.pad_w;
#for p in 0..PIXELS
      let g${p} = select(vec4f(), load_g((line * params.out_w + min(ox + ${p}, params.out_w - 1)) * quads + quad), ox + ${p} < params.out_w);
#end
#for ky in 0..KERNEL_H
      {
        let iy = oy * params.stride_h - params.pad_h + ${ky} * params.dilation_h;
        if (within(iy, params.in_h)) {
          let base = (batch * params.in_h + iy) * params.in_w + ix;
#for t in 0..SPAN
          let inside${t} = within(ix + ${t}, params.in_w);
          let x${t} = select(vec4f(), load_x(select(0, (base + ${t}) * quads + quad, inside${t})), inside${t});
#end
#for kx in 0..KERNEL_W
#for p in 0..PIXELS
          sum${ky * KERNEL_W + kx} += g${p} * x${p * STRIDE_W + kx * DILATION_W};
#end
#end
        }
      }
#end
    }
  }
  // The 4 · TAPS weights of this thread lie next to each other: channel by channel, tap by tap.
  let to = (split * quads + quad) * ${TAPS};
#for q in 0..TAPS
  w[to + ${q}] = vec4<${W_TYPE}>(vec4f(sum${(4 * q) % TAPS}[${(4 * q) / TAPS}], sum${(4 * q + 1) % TAPS}[${(4 * q + 1) / TAPS}], sum${(4 * q + 2) % TAPS}[${(4 * q + 2) / TAPS}], sum${(4 * q + 3) % TAPS}[${(4 * q + 3) / TAPS}]));
#end
}
