// X[b, t, k] = s_k · Σ_n window[n] · padded[b, t·hop + n] · e^{−2πi·n·k/SIZE}, one frame a workgroup of THREADS: the
// windowed samples 2m and 2m + 1 are the parts of one complex number, whose DFT of HALF = SIZE/2 points in workgroup memory
// is taken apart into the real one's bins 0 … HALF.
// The host guarantees: HALF is the product of the radices, 16·HALF bytes of workgroup memory; `padded` rows hold every frame.
#param OUT
#param OUT_TYPE
#if OUT_TYPE == 'f16'
enable f16;
#end
#include common/index
#include stft/bin
#include stft/workgroup-dft

struct Params { batch: u32, frames: u32, hop: u32, stride: u32, edge: f32, interior: f32, floor: f32 }

@group(0) @binding(0) var<storage, read> padded: array<f32>;
@group(0) @binding(1) var<storage, read> window: array<vec2f>;
#if OUT == 'complex'
@group(0) @binding(2) var<storage, read_write> out: array<vec2<${OUT_TYPE}>>;
#else
@group(0) @binding(2) var<storage, read_write> out: array<${OUT_TYPE}>;
#end
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let frame = flat_group(group, groups);
  if (frame >= params.batch * params.frames) { return; }
  let start = (frame / params.frames) * params.stride + (frame % params.frames) * params.hop;
  for (var m = thread; m < ${HALF}u; m += ${THREADS}u) {
    points[m] = window[m] * vec2f(padded[start + 2u * m], padded[start + 2u * m + 1u]);
  }
  workgroupBarrier();
  workgroup_dft(thread);
  for (var k = thread; k <= ${HALF}u; k += ${THREADS}u) {
    let z = points[${RESULT}u + k % ${HALF}u];
    let y = points[${RESULT}u + (${HALF}u - k) % ${HALF}u];
    let even = vec2f(z.x + y.x, z.y - y.y);
    let odd = vec2f(z.y + y.y, y.x - z.x);
    let turn = circle_f32(f32(k) / ${2 * HALF}.0);
    let x = 0.5 * select(params.interior, params.edge, k % ${HALF}u == 0u) * (even + times(odd, vec2f(turn.cos, -turn.sin)));
    store(frame * ${HALF + 1}u + k, x.x, x.y);
  }
}
