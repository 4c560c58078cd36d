// framed[b, t, n] = window[n] · Σ_k s_k · Re(X[b, t, k] · e^{+2πi·n·k/SIZE}), one frame a workgroup of THREADS: bins k and
// HALF − k make up bin k of a complex spectrum whose inverse DFT has samples 2m and 2m + 1 as its parts.
// The host guarantees: HALF is the product of the radices, 16·HALF bytes of workgroup memory. `ratio` is
// s_edge / (s_interior / 2), `scale` the s_interior / 2 itself.
#param X_TYPE
#if X_TYPE == 'f16'
enable f16;
#end
#include common/index
#include stft/workgroup-dft

struct Params { frames: u32, ratio: f32, scale: f32 }

@group(0) @binding(0) var<storage, read> spectrum: array<vec2<${X_TYPE}>>;
@group(0) @binding(1) var<storage, read> window: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> framed: array<vec2f>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let frame = flat_group(group, groups);
  if (frame >= params.frames) { return; }
  for (var k = thread; k < ${HALF}u; k += ${THREADS}u) {
    let at = frame * ${HALF + 1}u;
    // Bins 0 and HALF count once, and only their real parts.
    let edge = vec2f(params.ratio, 0.0);
    let z = vec2f(spectrum[at + k]) * select(vec2f(1.0), edge, k == 0u);
    let y = vec2f(spectrum[at + ${HALF}u - k]) * select(vec2f(1.0), edge, k == 0u);
    let even = vec2f(z.x + y.x, z.y - y.y);
    let turn = circle_f32(f32(k) / ${2 * HALF}.0);
    let odd = times(vec2f(z.x - y.x, z.y + y.y), vec2f(turn.cos, turn.sin));
    // even + i·odd, its parts exchanged for the inverse DFT.
    points[k] = vec2f(even.y + odd.x, even.x - odd.y);
  }
  workgroupBarrier();
  workgroup_dft(thread);
  for (var m = thread; m < ${HALF}u; m += ${THREADS}u) {
    framed[frame * ${HALF}u + m] = params.scale * window[m] * points[${RESULT}u + m].yx;
  }
}
