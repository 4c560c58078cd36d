// The device's memory bandwidth: out = a + scale · b over vec4f, one a thread. Two reads and a write for each element.
//
// The host guarantees that the buffers hold `items` vec4f.
#param THREADS = 64
#include common/index

struct Params { items: u32, scale: f32 }

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = flat_group(group, groups) * ${THREADS}u + lane;
  if (i >= params.items) { return; }
  out[i] = a[i] + params.scale * b[i];
}
