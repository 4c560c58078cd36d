// X[b, t, k] = s_k · Σ_n window[n] · padded[b, t·hop + n] · e^{−2πi·n·k/SIZE}, one bin a thread, straight from the
// definition: the reference implementation. `padded` is [B, stride] and holds every frame.
#param OUT
#param OUT_TYPE
#if OUT_TYPE == 'f16'
enable f16;
#end
#include common/each
#include stft/circle
#include stft/bin

struct Params { batch: u32, frames: u32, hop: u32, stride: u32, size: u32, edge: f32, interior: f32, floor: f32 }

@group(0) @binding(0) var<storage, read> padded: array<f32>;
@group(0) @binding(1) var<storage, read> window: array<f32>;
#if OUT == 'complex'
@group(0) @binding(2) var<storage, read_write> out: array<vec2<${OUT_TYPE}>>;
#else
@group(0) @binding(2) var<storage, read_write> out: array<${OUT_TYPE}>;
#end
@group(0) @binding(3) var<uniform> params: Params;

fn each(i: u32) {
  let bins = params.size / 2u + 1u;
  if (i >= params.batch * params.frames * bins) { return; }
  let k = i % bins;
  let frame = i / bins;
  let start = (frame / params.frames) * params.stride + (frame % params.frames) * params.hop;
  var re = 0.0;
  var im = 0.0;
  for (var n = 0u; n < params.size; n++) {
    let x = window[n] * padded[start + n];
    let turn = circle_f32(f32((n * k) % params.size) / f32(params.size));
    re += x * turn.cos;
    im -= x * turn.sin;
  }
  let scale = select(params.interior, params.edge, k == 0u || 2u * k == params.size);
  store(i, scale * re, scale * im);
}
