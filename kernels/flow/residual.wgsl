// How far the second image, moved back by the flow so far, differs from the first: slope · (second(x + flow) − first).
// Bilinear, edges repeated.
#include flow/pixel

@group(0) @binding(0) var<storage, read> first: array<f32>;
@group(0) @binding(1) var<storage, read> second: array<f32>;
@group(0) @binding(2) var<storage, read> slope: array<vec2f>;
@group(0) @binding(3) var<storage, read> flow: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> residual: array<vec2f>;
@group(0) @binding(5) var<uniform> params: Params;

fn pixel(id: vec3u) {
  let w = params.width;
  let y = id.y % params.height;
  let base = (id.y - y) * w;
  let here = id.y * w + id.x;
  let most = vec2f(f32(w - 1u), f32(params.height - 1u));
  let at = clamp(vec2f(f32(id.x), f32(y)) + flow[here], vec2f(0.0), most);
  let corner = floor(at);
  let part = at - corner;
  let x0 = u32(corner.x);
  let y0 = u32(corner.y);
  let x1 = min(x0 + 1u, w - 1u);
  let y1 = min(y0 + 1u, params.height - 1u);
  let upper = mix(second[base + y0 * w + x0], second[base + y0 * w + x1], part.x);
  let lower = mix(second[base + y1 * w + x0], second[base + y1 * w + x1], part.x);
  residual[here] = slope[here] * (mix(upper, lower, part.y) - first[here]);
}
