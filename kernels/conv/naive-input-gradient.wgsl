// Adjoint of the convolution in its input (and so the transposed convolution), one input element a thread:
// x[b, iy, ix, i] = Σ g[b, oy, ox, o] · w[o, ky, kx, i] over the taps with oy·s − p + ky·d = iy, ox·s − p + kx·d = ix.
//
// Layouts: g [B, OH, OW, O], w [O, KH, KW, I/groups], x [B, H, W, I]. The host guarantees nothing but the sizes.
#param G_TYPE
#param W_TYPE
#param X_TYPE
#param F16
#if F16
enable f16;
#end
#include common/each
#include conv/geometry

@group(0) @binding(0) var<storage, read> g: array<${G_TYPE}>;
@group(0) @binding(1) var<storage, read> w: array<${W_TYPE}>;
@group(0) @binding(2) var<storage, read_write> x: array<${X_TYPE}>;
@group(0) @binding(3) var<uniform> params: Params;

fn each(thread: u32) {
  let index = i32(thread);
  if (index >= params.batch * params.in_h * params.in_w * params.in_c) { return; }
  let channel = index % params.in_c;
  let pixel = index / params.in_c;
  let ix = pixel % params.in_w;
  let iy = (pixel / params.in_w) % params.in_h;
  let b = pixel / (params.in_w * params.in_h);
  let width = params.in_c / params.groups;
  let depth = params.out_c / params.groups;
  let first = (channel / width) * depth;
  var sum = 0.0;
  for (var ky = 0; ky < params.kernel_h; ky++) {
    let y = iy + params.pad_h - ky * params.dilation_h;
    let oy = y / params.stride_h;
    if (y < 0 || y % params.stride_h != 0 || oy >= params.out_h) { continue; }
    for (var kx = 0; kx < params.kernel_w; kx++) {
      let z = ix + params.pad_w - kx * params.dilation_w;
      let ox = z / params.stride_w;
      if (z < 0 || z % params.stride_w != 0 || ox >= params.out_w) { continue; }
      let start = ((b * params.out_h + oy) * params.out_w + ox) * params.out_c + first;
      for (var o = 0; o < depth; o++) {
        let weight = (((first + o) * params.kernel_h + ky) * params.kernel_w + kx) * width + channel % width;
        sum += f32(g[start + o]) * f32(w[weight]);
      }
    }
  }
  x[index] = ${X_TYPE}(sum);
}
