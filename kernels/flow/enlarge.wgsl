// Flow of the next finer level: twice the flow of the coarser one, bilinearly between its pixels' middles, edges repeated.
#include flow/pixel

@group(0) @binding(0) var<storage, read> coarse: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> fine: array<vec2f>;
@group(0) @binding(2) var<uniform> params: Params;

fn pixel(id: vec3u) {
  let w = params.width;
  let y = id.y % params.height;
  let half_w = w / 2u;
  let half_h = params.height / 2u;
  let base = (id.y / params.height) * half_w * half_h;
  let at = clamp(vec2f(f32(id.x), f32(y)) * 0.5 - 0.25, vec2f(0.0), vec2f(f32(half_w - 1u), f32(half_h - 1u)));
  let x0 = u32(at.x);
  let y0 = u32(at.y);
  let x1 = min(x0 + 1u, half_w - 1u);
  let y1 = min(y0 + 1u, half_h - 1u);
  let part = at - floor(at);
  let upper = mix(coarse[base + y0 * half_w + x0], coarse[base + y0 * half_w + x1], part.x);
  let lower = mix(coarse[base + y1 * half_w + x0], coarse[base + y1 * half_w + x1], part.x);
  fine[id.y * w + id.x] = 2.0 * mix(upper, lower, part.y);
}
