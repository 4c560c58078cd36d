// Next level of a image pyramid: the mean of each 2×2 block. [n, 2·height, 2·width] → [n, height, width].
#include flow/pixel

@group(0) @binding(0) var<storage, read> larger: array<f32>;
@group(0) @binding(1) var<storage, read_write> smaller: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

fn pixel(id: vec3u) {
  let start = id.y * 2u * (2u * params.width) + 2u * id.x;
  let below = start + 2u * params.width;
  smaller[id.y * params.width + id.x] = 0.25 * (larger[start] + larger[start + 1u] + larger[below] + larger[below + 1u]);
}
