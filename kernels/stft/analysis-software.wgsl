// X[b, t, k] = s_k · Σ_n window[n] · padded[b, t·hop + n] · e^{−2πi·n·k/SIZE}, k = 0 … SIZE/2, for CPU-backed drivers.
//
// One subgroup a workgroup, one frame a lane, so that lanes never exchange data and need no barrier; a frame's passes stay
// in the lane's private memory. SIZE = 32 · ROW, and a real FFT in two stages:
//   columns: for four columns n₁ at once, the real DFT over j of sample n₁ + ROW·j, by a complex DFT of 16 points;
//            outputs k₂ = 0 … 16 (the rest are conjugates) are turned by e^{−2πi·n₁·k₂/SIZE};
//   rows:    for each k₂, the complex DFT over n₁ gives X[k₂ + 32·k₁]; past the middle it is the conjugate of X[SIZE − k].
// Window values are the same for all lanes: each lane loads some and broadcasts them.
// The host guarantees: LANES = subgroup size divides 32; ROW % 4 = 0; hop % 4 = 0; padded rows hold every frame.
#param LANES
#param OUT
#param OUT_TYPE
enable subgroups;
#if OUT_TYPE == 'f16'
enable f16;
#end
#include stft/bin
#include stft/circle
#include stft/dft
#let Q = ROW / 4

struct Params { batch: u32, frames: u32, hop: u32, stride: u32, edge: f32, interior: f32, floor: f32, window_loads: u32, row: u32 }

@group(0) @binding(0) var<storage, read> padded: array<vec4f>;
@group(0) @binding(1) var<storage, read> window: array<vec4f>;
#if OUT == 'complex'
@group(0) @binding(2) var<storage, read_write> out: array<vec2<${OUT_TYPE}>>;
#else
@group(0) @binding(2) var<storage, read_write> out: array<${OUT_TYPE}>;
#end
@group(0) @binding(3) var<uniform> params: Params;

var<private> rows_re: array<vec4f, ${17 * Q}>;
var<private> rows_im: array<vec4f, ${17 * Q}>;

@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let frames = params.batch * params.frames;
  let index = (group.y * groups.x + group.x) * ${LANES}u + lane;
  let frame = min(index, frames - 1u);
  let start = (frame / params.frames) * params.stride + (frame % params.frames) * params.hop;

  for (var q = 0u; q < ${Q}u; q++) {
    // A loop of a length that drivers do not know, LANES samples a step: unrolled, the 32 loads take seconds to compile. Values
    // move from register to register, which is cheaper than an array with a variable index.
#for i in 0..32
    var x${i} = vec4f();
#end
    for (var g = 0u; g < params.window_loads; g++) {
      let w = window[(lane + g * ${LANES}u) * ${Q}u + q];
      let at = start / 4u + g * ${LANES * Q}u + q;
#for i in 0..32 - LANES
      x${i} = x${i + LANES};
#end
#for i in 0..LANES
      x${32 - LANES + i} = padded[at + ${i * Q}u] * subgroupBroadcast(w, ${i}u);
#end
    }
    var re: array<vec4f, 16>;
    var im: array<vec4f, 16>;
#for j in 0..16
    re[${j}] = x${2 * j};
    im[${j}] = x${2 * j + 1};
#end
    dft_vec4f(&re, &im);
    // Powers of e^{−2πi·n₁/SIZE}, n₁ = 4q … 4q + 3, as (c, −s).
    let w = circle_vec4f((4.0 * f32(q) + vec4f(0.0, 1.0, 2.0, 3.0)) / ${32 * ROW}.0);
    let c1 = w.cos;
    let s1 = w.sin;
#for k in 0..17
#if k > 1
    let c${k} = c${k / 2} * c${k - k / 2} - s${k / 2} * s${k - k / 2};
    let s${k} = c${k / 2} * s${k - k / 2} + s${k / 2} * c${k - k / 2};
#end
    // Twice the real DFT of 32 points: even part Z[k] + Z*[16−k], odd part −i(Z[k] − Z*[16−k]) turned by e^{−2πik/32}.
    let er${k} = re[${k % 16}] + re[${(16 - k) % 16}];
    let ei${k} = im[${k % 16}] - im[${(16 - k) % 16}];
    let or${k} = im[${k % 16}] + im[${(16 - k) % 16}];
    let oi${k} = re[${(16 - k) % 16}] - re[${k % 16}];
#if k == 0
    rows_re[q] = er0 + or0;
    rows_im[q] = vec4f(0.0);
#else
    let yr${k} = er${k} + or${k} * cos(6.283185307179586 * ${k}.0 / 32.0) + oi${k} * sin(6.283185307179586 * ${k}.0 / 32.0);
    let yi${k} = ei${k} + oi${k} * cos(6.283185307179586 * ${k}.0 / 32.0) - or${k} * sin(6.283185307179586 * ${k}.0 / 32.0);
    rows_re[${k * Q}u + q] = yr${k} * c${k} + yi${k} * s${k};
    rows_im[${k * Q}u + q] = yi${k} * c${k} - yr${k} * s${k};
#end
#end
  }

  let to = frame * ${16 * ROW + 1}u;
  for (var k = 0u; k < 17u; k++) {
    var re: array<f32, ${ROW}>;
    var im: array<f32, ${ROW}>;
#for q in 0..Q
    let a${q} = rows_re[k * ${Q}u + ${q}u];
    let b${q} = rows_im[k * ${Q}u + ${q}u];
#for c in 0..4
    re[${4 * q + c}] = a${q}[${c}];
    im[${4 * q + c}] = b${q}[${c}];
#end
#end
    dft_f32(&re, &im);
    // The columns left a factor of two.
    let interior = 0.5 * params.interior;
    let outer = select(interior, 0.5 * params.edge, k == 0u);
    if (index < frames) {
      for (var i = 0u; i < params.row / 2u; i++) {
        let scale = select(interior, outer, i == 0u);
        let upper = i + ${ROW / 2}u;
        store(to + k + 32u * i, scale * re[i], scale * im[i]);
        store(to + ${16 * ROW}u - 32u * i - k, scale * re[upper], -scale * im[upper]);
      }
    }
  }
}
