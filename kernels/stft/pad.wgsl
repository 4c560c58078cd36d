// The signal as the frames see it: [B, S] → [B, stride] in f32, with `left` samples before it and what the frames need
// after it, mirrored (REFLECT) or zero. A row is one run of samples, or, for kernels that want frames at aligned places,
// overlapping runs of `run` samples, `hop` apart. With ENVELOPE each sample is first divided by Σ w² over the frames
// that cover it (at least `floor`), the adjoint of what `overlap` ends with. One sample a thread, one signal a workgroup
// layer; the host guarantees left < S to mirror.
#param X_TYPE
#param REFLECT
#param ENVELOPE
#if X_TYPE == 'f16'
enable f16;
#end
#include common/index
#include stft/envelope

struct Params { samples: u32, left: u32, stride: u32, run: u32, frames: u32, hop: u32, size: u32, floor: f32 }

@group(0) @binding(0) var<storage, read> x: array<${X_TYPE}>;
@group(0) @binding(1) var<storage, read> window: array<f32>;
@group(0) @binding(2) var<storage, read_write> padded: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.z;
  let at = flat_group(group, groups) * 64u + lane;
  if (at >= params.stride) { return; }
  let runs = quotient(at, params.run);
  var s = i32(at - runs * params.run + runs * params.hop) - i32(params.left);
  let samples = i32(params.samples);
#if REFLECT
  s = abs(s);
  s = select(s, 2 * (samples - 1) - s, s >= samples);
#end
  // The tail that rounds the stride up may lie past the mirror, too: no frame with a nonzero window reads it.
  var value = 0.0;
  if (s >= 0 && s < samples) {
    value = f32(x[row * params.samples + u32(s)]);
#if ENVELOPE
    value /= max(envelope(u32(s) + params.left), params.floor);
#end
  }
  padded[row * params.stride + at] = value;
}
