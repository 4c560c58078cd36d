// average ← decay·average + (1 − decay)·x in place; decay is a tensor [1]. One unit of VEC elements a thread.
#param VEC
#include common/index
#if VEC == 4
alias Unit = vec4f;
#else
alias Unit = f32;
#end

struct Params { items: u32 }

@group(0) @binding(0) var<storage, read_write> average: array<Unit>;
@group(0) @binding(1) var<storage, read> x: array<Unit>;
@group(0) @binding(2) var<storage, read> decay: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = flat_group(group, groups) * 64u + lane;
  if (i >= params.items) { return; }
  average[i] = decay[0] * average[i] + (1.0 - decay[0]) * x[i];
}
