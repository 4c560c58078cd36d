// framed[b, t, n] = window[n] · Σ_k s_k · Re(X[b, t, k] · e^{+2πi·n·k/size}), one sample of a frame a thread, straight from
// the definition: the reference implementation. The sums over overlapping frames are `overlap`'s.
#param X_TYPE
#if X_TYPE == 'f16'
enable f16;
#end
#include common/each
#include stft/circle

struct Params { frames: u32, size: u32, edge: f32, interior: f32 }

@group(0) @binding(0) var<storage, read> spectrum: array<vec2<${X_TYPE}>>;
@group(0) @binding(1) var<storage, read> window: array<f32>;
@group(0) @binding(2) var<storage, read_write> framed: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

fn each(i: u32) {
  if (i >= params.frames * params.size) { return; }
  let n = i % params.size;
  let bins = params.size / 2u + 1u;
  let start = (i / params.size) * bins;
  var sum = 0.0;
  for (var k = 0u; k < bins; k++) {
    let x = vec2f(spectrum[start + k]);
    let turn = circle_f32(f32((n * k) % params.size) / f32(params.size));
    let scale = select(params.interior, params.edge, k == 0u || 2u * k == params.size);
    sum += scale * (x.x * turn.cos - x.y * turn.sin);
  }
  framed[i] = window[n] * sum;
}
