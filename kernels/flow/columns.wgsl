// Sums over a column of the window: the structure tensor of the whole window, from its row sums.
#param RADIUS
#include flow/pixel

@group(0) @binding(0) var<storage, read> rows: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> tensor: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

fn pixel(id: vec3u) {
  let w = params.width;
  let y = id.y % params.height;
  let base = (id.y - y) * w + id.x;
  var sum = vec4f();
  for (var j = u32(max(i32(y) - ${RADIUS}, 0)); j <= min(y + ${RADIUS}u, params.height - 1u); j++) {
    sum += rows[base + j * w];
  }
  tensor[id.y * w + id.x] = sum;
}
