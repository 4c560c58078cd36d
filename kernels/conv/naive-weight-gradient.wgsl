// Gradient of the convolution in its weights, one weight a thread:
// w[o, ky, kx, i] = Σ over b, oy, ox of g[b, oy, ox, o] · x[b, oy·s − p + ky·d, ox·s − p + kx·d, i].
//
// Layouts: x [B, H, W, I], g [B, OH, OW, O], w [O, KH, KW, I/groups]. The host guarantees nothing but the sizes.
#param X_TYPE
#param G_TYPE
#param W_TYPE
#param F16
#if F16
enable f16;
#end
#include common/index
#include conv/geometry

@group(0) @binding(0) var<storage, read> x: array<${X_TYPE}>;
@group(0) @binding(1) var<storage, read> g: array<${G_TYPE}>;
@group(0) @binding(2) var<storage, read_write> w: array<${W_TYPE}>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let depth = params.in_c / params.groups;
  let index = i32(flat_group(group, groups) * 64u + lane);
  if (index >= params.out_c * params.kernel_h * params.kernel_w * depth) { return; }
  let kx = (index / depth) % params.kernel_w;
  let ky = (index / depth / params.kernel_w) % params.kernel_h;
  let o = index / depth / params.kernel_w / params.kernel_h;
  let channel = (o / (params.out_c / params.groups)) * depth + index % depth;
  var sum = 0.0;
  for (var b = 0; b < params.batch; b++) {
    for (var oy = 0; oy < params.out_h; oy++) {
      let iy = oy * params.stride_h - params.pad_h + ky * params.dilation_h;
      if (!within(iy, params.in_h)) { continue; }
      for (var ox = 0; ox < params.out_w; ox++) {
        let ix = ox * params.stride_w - params.pad_w + kx * params.dilation_w;
        if (!within(ix, params.in_w)) { continue; }
        let pixel = (b * params.out_h + oy) * params.out_w + ox;
        sum += f32(g[pixel * params.out_c + o]) * f32(x[((b * params.in_h + iy) * params.in_w + ix) * params.in_c + channel]);
      }
    }
  }
  w[index] = ${W_TYPE}(sum);
}
