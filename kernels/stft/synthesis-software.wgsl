// framed[b, t, n] = window[n] · Σ_k s_k · Re(X[b, t, k] · e^{+2πi·n·k/SIZE}), the adjoint of `analysis-software` step by
// step: one frame a lane of a one-subgroup workgroup, rows (complex DFTs over k₁ of bins k₂ + 32·k₁, those past the middle
// being conjugates), turns by e^{+2πi·n₁·k₂/SIZE}, columns (real inverse DFTs of 32 points by a complex one of 16).
// An inverse DFT is the forward one with re and im exchanged.
// The host guarantees: LANES = subgroup size divides 32; ROW % 4 = 0. `ratio` is s_edge / (s_interior / 2), `scale` the
// s_interior / 2 itself.
#param LANES
#param X_TYPE
enable subgroups;
#if X_TYPE == 'f16'
enable f16;
#end
#include stft/circle
#include stft/dft
#let Q = ROW / 4

struct Params { frames: u32, ratio: f32, scale: f32, window_loads: u32, row: u32 }

@group(0) @binding(0) var<storage, read> spectrum: array<vec2<${X_TYPE}>>;
@group(0) @binding(1) var<storage, read> window: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> framed: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

var<private> rows_re: array<vec4f, ${17 * Q}>;
var<private> rows_im: array<vec4f, ${17 * Q}>;

@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let index = (group.y * groups.x + group.x) * ${LANES}u + lane;
  let frame = min(index, params.frames - 1u);
  let start = frame * ${16 * ROW + 1}u;
  for (var k = 0u; k < 17u; k++) {
    var re: array<f32, ${ROW}>;
    var im: array<f32, ${ROW}>;
    // Bins 0 and SIZE/2 count once, and only their real parts.
    let edge = k == 0u;
    // A loop of a length that drivers do not know: unrolled, its loads take seconds to compile.
    for (var i = 0u; i < params.row / 2u; i++) {
      let a = vec2f(spectrum[start + k + 32u * i]);
      let b = vec2f(spectrum[start + ${16 * ROW}u - 32u * i - k]);
      let once = edge && i == 0u;
      re[i] = select(a.x, params.ratio * a.x, once);
      im[i] = select(a.y, 0.0, once);
      re[i + ${ROW / 2}u] = select(b.x, params.ratio * b.x, once);
      im[i + ${ROW / 2}u] = select(-b.y, 0.0, once);
    }
    dft_f32(&im, &re);
#for q in 0..Q
    rows_re[k * ${Q}u + ${q}u] = vec4f(re[${4 * q}], re[${4 * q + 1}], re[${4 * q + 2}], re[${4 * q + 3}]);
    rows_im[k * ${Q}u + ${q}u] = vec4f(im[${4 * q}], im[${4 * q + 1}], im[${4 * q + 2}], im[${4 * q + 3}]);
#end
  }

  for (var q = 0u; q < ${Q}u; q++) {
    // Powers of e^{+2πi·n₁/SIZE}, n₁ = 4q … 4q + 3.
    let w = circle_vec4f((4.0 * f32(q) + vec4f(0.0, 1.0, 2.0, 3.0)) / ${32 * ROW}.0);
    let c1 = w.cos;
    let s1 = w.sin;
#for k in 0..17
#if k > 1
    let c${k} = c${k / 2} * c${k - k / 2} - s${k / 2} * s${k - k / 2};
    let s${k} = c${k / 2} * s${k - k / 2} + s${k / 2} * c${k - k / 2};
#end
    let a${k} = rows_re[${k * Q}u + q];
#if k == 0
    let yr0 = a0;
    let yi0 = vec4f(0.0);
#else
    let b${k} = rows_im[${k * Q}u + q];
    let yr${k} = a${k} * c${k} - b${k} * s${k};
    let yi${k} = b${k} * c${k} + a${k} * s${k};
#end
#end
    var re: array<vec4f, 16>;
    var im: array<vec4f, 16>;
#for k in 0..16
    // z = E + iO with E = Y[k] + Y*[16−k] and O = (Y[k] − Y*[16−k])·e^{+2πik/32}.
    let dr${k} = yr${k} - yr${16 - k};
    let di${k} = yi${k} + yi${16 - k};
    re[${k}] = yr${k} + yr${16 - k} - dr${k} * sin(6.283185307179586 * ${k}.0 / 32.0) - di${k} * cos(6.283185307179586 * ${k}.0 / 32.0);
    im[${k}] = yi${k} - yi${16 - k} + dr${k} * cos(6.283185307179586 * ${k}.0 / 32.0) - di${k} * sin(6.283185307179586 * ${k}.0 / 32.0);
#end
    dft_vec4f(&im, &re);
    // As the loads of analysis-software: LANES samples a step, which move up from register to register.
#for j in 0..16
    var x${2 * j} = re[${j}];
    var x${2 * j + 1} = im[${j}];
#end
    for (var g = 0u; g < params.window_loads; g++) {
      let w = params.scale * window[(lane + g * ${LANES}u) * ${Q}u + q];
#for i in 0..LANES
      let y${i} = x${i} * subgroupBroadcast(w, ${i}u);
#end
      if (index < params.frames) {
        let to = index * ${8 * ROW}u + g * ${LANES * Q}u + q;
#for i in 0..LANES
        framed[to + ${i * Q}u] = y${i};
#end
      }
#for i in 0..32 - LANES
      x${i} = x${i + LANES};
#end
    }
  }
}
