// No flow: where the coarsest level begins.
#include flow/pixel

@group(0) @binding(0) var<storage, read_write> flow: array<vec2f>;
@group(0) @binding(1) var<uniform> params: Params;

fn pixel(id: vec3u) {
  flow[id.y * params.width + id.x] = vec2f();
}
