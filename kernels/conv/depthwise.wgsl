// Depthwise convolution: each channel has a filter of its own. With FLIP the filter is mirrored, which makes it the adjoint
// of a convolution of stride 1 (the host then exchanges the sizes and gives the padding that is left, (K − 1)·d − p).
//
// A thread loads each source element of its row once for all the taps that read it.
// The host guarantees that C divides by 4; pixels may be ragged.
#include conv/depthwise-common

@group(0) @binding(0) var<storage, read> x: array<${X_TYPE == 'f16' ? 'vec2u' : 'vec4f'}>;

fn load_x(pixel: i32, quad: i32) -> vec4f {
  let value = x[pixel * (params.out_c / 4) + quad];
  return ${X_TYPE == 'f16' ? 'vec4f(unpack2x16float(value.x), unpack2x16float(value.y))' : 'value'};
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let quads = params.out_c / 4;
  let segments = (params.out_w + ${PIXELS - 1}) / ${PIXELS};
  let index = i32(flat_group(group, groups) * 64u + lane);
  if (index >= params.batch * params.out_h * segments * quads) { return; }
  let quad = index % quads;
  let ox = (index / quads) % segments * ${PIXELS};
  let line = index / quads / segments;
  let oy = line % params.out_h;
  let batch = line / params.out_h;
#for t in 0..TAPS
  let w${t} = load_w(quad * ${TAPS} + ${t});
#end
#for p in 0..PIXELS
  var sum${p} = vec4f();
#end
  let ix = ox * ${STRIDE_W} - params.pad_w;
#for ky in 0..KERNEL_H
  {
    let iy = oy * params.stride_h - params.pad_h + ${ky} * params.dilation_h;
    if (within(iy, params.in_h)) {
      let base = (batch * params.in_h + iy) * params.in_w + ix;
#for t in 0..SPAN
      let inside${t} = within(ix + ${t}, params.in_w);
      let x${t} = select(vec4f(), load_x(select(0, base + ${t}, inside${t}), quad), inside${t});
#end
#for kx in 0..KERNEL_W
#let TAP = FLIP ? TAPS - 1 - ky * KERNEL_W - kx : ky * KERNEL_W + kx
      let f${kx} = vec4f(w${TAP / 4}[${TAP % 4}], w${(TAP + TAPS) / 4}[${(TAP + TAPS) % 4}], w${(TAP + 2 * TAPS) / 4}[${(TAP + 2 * TAPS) % 4}], w${(TAP + 3 * TAPS) / 4}[${(TAP + 3 * TAPS) % 4}]);
#for p in 0..PIXELS
      sum${p} += x${p * STRIDE_W + kx * DILATION_W} * f${kx};
#end
#end
    }
  }
#end
#for p in 0..PIXELS
  if (ox + ${p} < params.out_w) {
    let to = (line * params.out_w + ox + ${p}) * quads + quad;
    y[to] = vec4<${Y_TYPE}>(apply_epilogue(sum${p}, u32(to), u32(quad)));
  }
#end
}
