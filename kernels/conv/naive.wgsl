// Convolution, one output a thread: y[b, oy, ox, o] = Σ x[b, oy·s − p + ky·d, ox·s − p + kx·d, i] · w[o, ky, kx, i].
// The reference implementation that every other variant is tested against.
//
// Layouts: x [B, H, W, I], w [O, KH, KW, I/groups], y [B, OH, OW, O]. Output channel o reads the input channels of its
// group alone. The host guarantees nothing but the sizes: every index is checked.
#param X_TYPE
#param W_TYPE
#param Y_TYPE
#param F16
#param OUTPUT_BINDING = 2
#if F16
enable f16;
#end
#include common/each
#include common/epilogue
#include conv/geometry

@group(0) @binding(0) var<storage, read> x: array<${X_TYPE}>;
@group(0) @binding(1) var<storage, read> w: array<${W_TYPE}>;
@group(0) @binding(${OUTPUT_BINDING}) var<storage, read_write> y: array<${Y_TYPE}>;
@group(0) @binding(${OUTPUT_BINDING + 1}) var<uniform> params: Params;

fn each(thread: u32) {
  let index = i32(thread);
  if (index >= params.batch * params.out_h * params.out_w * params.out_c) { return; }
  let o = index % params.out_c;
  let pixel = index / params.out_c;
  let ox = pixel % params.out_w;
  let oy = (pixel / params.out_w) % params.out_h;
  let b = pixel / (params.out_w * params.out_h);
  let depth = params.in_c / params.groups;
  let first = (o / (params.out_c / params.groups)) * depth;
  var sum = 0.0;
  for (var ky = 0; ky < params.kernel_h; ky++) {
    let iy = oy * params.stride_h - params.pad_h + ky * params.dilation_h;
    for (var kx = 0; kx < params.kernel_w; kx++) {
      let ix = ox * params.stride_w - params.pad_w + kx * params.dilation_w;
      if (!within(iy, params.in_h) || !within(ix, params.in_w)) { continue; }
      let start = ((b * params.in_h + iy) * params.in_w + ix) * params.in_c + first;
      let weight = ((o * params.kernel_h + ky) * params.kernel_w + kx) * depth;
      for (var i = 0; i < depth; i++) {
        sum += f32(x[start + i]) * f32(w[weight + i]);
      }
    }
  }
  y[index] = ${Y_TYPE}(apply_epilogue(sum, u32(index), u32(o)));
}
