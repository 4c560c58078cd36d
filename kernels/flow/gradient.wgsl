// Central differences of the first image, edges repeated: (∂x, ∂y) at each pixel.
#include flow/pixel

@group(0) @binding(0) var<storage, read> image: array<f32>;
@group(0) @binding(1) var<storage, read_write> slope: array<vec2f>;
@group(0) @binding(2) var<uniform> params: Params;

fn pixel(id: vec3u) {
  let w = params.width;
  let y = id.y % params.height;
  let here = id.y * w + id.x;
  let left = image[here - select(0u, 1u, id.x > 0u)];
  let right = image[here + select(0u, 1u, id.x + 1u < w)];
  let above = image[here - select(0u, w, y > 0u)];
  let below = image[here + select(0u, w, y + 1u < params.height)];
  slope[here] = 0.5 * vec2f(right - left, below - above);
}
