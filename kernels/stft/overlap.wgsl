// The signal that windowed frames add up to: frames [B, T, SIZE] → y[b, s] = Σ_t frames[b, t, left + s − t·hop], one
// sample a thread, one signal a workgroup layer. With REFLECT, what falls on mirrored padding is added back (the
// adjoint of mirroring); with ENVELOPE the sum is divided by Σ w² (at least `floor`). The host guarantees left < S to
// mirror.
#param OUT_TYPE
#param REFLECT
#param ENVELOPE
#if OUT_TYPE == 'f16'
enable f16;
#end
#include common/index
#include stft/envelope

struct Params { samples: u32, left: u32, frames: u32, hop: u32, size: u32, floor: f32 }

@group(0) @binding(0) var<storage, read> framed: array<f32>;
@group(0) @binding(1) var<storage, read> window: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<${OUT_TYPE}>;
@group(0) @binding(3) var<uniform> params: Params;

fn added(row: u32, p: u32) -> f32 {
  let range = covering(p);
  let start = row * params.frames * params.size + p;
  var sum = 0.0;
  for (var t = range.x; t < range.y; t++) {
    sum += framed[start + t * (params.size - params.hop)];
  }
  return sum;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.z;
  let s = flat_group(group, groups) * 64u + lane;
  if (s >= params.samples) { return; }
  var sum = added(row, s + params.left);
#if REFLECT
  if (s > 0u && s <= params.left) { sum += added(row, params.left - s); }
  if (s + 1u < params.samples) { sum += added(row, params.left + 2u * (params.samples - 1u) - s); }
#end
#if ENVELOPE
  sum /= max(envelope(s + params.left), params.floor);
#end
  out[row * params.samples + s] = ${OUT_TYPE}(sum);
}
