// No flow: where the coarsest level begins.
#include flow/pixel

@group(0) @binding(0) var<storage, read_write> flow: array<vec2f>;
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.width) { return; }
  flow[id.y * params.width + id.x] = vec2f();
}
