// The naive reference of rows + columns: the structure tensor over the whole window at once.
#param RADIUS
#include flow/pixel

@group(0) @binding(0) var<storage, read> slope: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> tensor: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

fn pixel(id: vec3u) {
  let w = params.width;
  let y = id.y % params.height;
  let base = (id.y - y) * w;
  var sum = vec4f();
  for (var j = u32(max(i32(y) - ${RADIUS}, 0)); j <= min(y + ${RADIUS}u, params.height - 1u); j++) {
    for (var i = u32(max(i32(id.x) - ${RADIUS}, 0)); i <= min(id.x + ${RADIUS}u, w - 1u); i++) {
      let s = slope[base + j * w + i];
      sum += vec4f(s.x * s.x, s.x * s.y, s.y * s.y, 0.0);
    }
  }
  tensor[id.y * w + id.x] = sum;
}
