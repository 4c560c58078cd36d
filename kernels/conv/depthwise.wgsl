// Depthwise convolution: each channel has a filter of its own. With FLIP the filter is mirrored, which makes it the adjoint
// of a convolution of stride 1 (the host then exchanges the sizes and gives the padding that is left, (K − 1)·d − p).
//
// A thread loads each source element of its row once for all the taps that read it.
// The host guarantees that C divides by 4; pixels may be ragged.
#include conv/depthwise-common

@group(0) @binding(1) var<storage, read> w: array<${W_TYPE}>;
@group(0) @binding(0) var<storage, read> x: array<${X_TYPE == 'f16' ? 'vec2u' : 'vec4f'}>;

fn load_x(pixel: i32, quad: i32) -> vec4f {
  return ${X_TYPE == 'f16' ? 'unpack_half4' : ''}(x[pixel * (params.out_c / 4) + quad]);
}

// One tap of the filters of four channels.
fn load_tap(quad: i32, ky: i32, kx: i32) -> vec4f {
  let taps = params.kernel_h * ${KERNEL_W};
  let at = 4 * quad * taps + ky * ${KERNEL_W} + kx;
  return vec4f(f32(w[at]), f32(w[at + taps]), f32(w[at + 2 * taps]), f32(w[at + 3 * taps]));
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
#for p in 0..PIXELS
  var sum${p} = vec4f();
#end
  let ix = ox * ${STRIDE_W} - params.pad_w;
  // Lines of the filter are a loop of a length that drivers do not know: unrolled, they take seconds to compile.
  for (var ky = 0; ky < params.kernel_h; ky++) {
    let iy = oy * params.stride_h - params.pad_h + ky * params.dilation_h;
    if (within(iy, params.in_h)) {
      let base = (batch * params.in_h + iy) * params.in_w + ix;
#for t in 0..SPAN
      let inside${t} = within(ix + ${t}, params.in_w);
      let x${t} = select(vec4f(), load_x(select(0, base + ${t}, inside${t}), quad), inside${t});
#end
#for kx in 0..KERNEL_W
      let f${kx} = load_tap(quad, ${FLIP ? 'params.kernel_h - 1 - ky' : 'ky'}, ${FLIP ? KERNEL_W - 1 - kx : kx});
#for p in 0..PIXELS
      sum${p} += x${p * STRIDE_W + kx * DILATION_W} * f${kx};
#end
#end
    }
  }
  var sums = array<vec4f, ${PIXELS}>(
#for p in 0..PIXELS
    sum${p},
#end
  );
  for (var p = 0; p < min(${PIXELS}, params.out_w - ox); p++) {
    let to = (line * params.out_w + ox + p) * quads + quad;
    y[to] = vec4<${Y_TYPE}>(apply_epilogue(sums[p], u32(to), u32(quad)));
  }
}
