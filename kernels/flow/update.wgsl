// One Lucas–Kanade step: flow − (tensor + λI)⁻¹ · Σ residual over the window.
// DIRECT sums the residuals over the whole window here (the naive reference); else over the column of their row sums.
// One step moves a pixel by at most one pixel of this level, so that a poor window cannot throw it away.
#param DIRECT
#param RADIUS
#param LAMBDA
#include flow/pixel

@group(0) @binding(0) var<storage, read> tensor: array<vec4f>;
@group(0) @binding(1) var<storage, read> residual: array<vec2f>;
@group(0) @binding(2) var<storage, read> flow: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> better: array<vec2f>;
@group(0) @binding(4) var<uniform> params: Params;

fn pixel(id: vec3u) {
  let w = params.width;
  let y = id.y % params.height;
  let base = (id.y - y) * w;
  var sum = vec2f();
  for (var j = u32(max(i32(y) - ${RADIUS}, 0)); j <= min(y + ${RADIUS}u, params.height - 1u); j++) {
#if DIRECT
    for (var i = u32(max(i32(id.x) - ${RADIUS}, 0)); i <= min(id.x + ${RADIUS}u, w - 1u); i++) {
      sum += residual[base + j * w + i];
    }
#else
    sum += residual[base + j * w + id.x];
#end
  }
  let here = id.y * w + id.x;
  let t = tensor[here];
  let a = t.x + ${LAMBDA};
  let c = t.z + ${LAMBDA};
  let step = vec2f(c * sum.x - t.y * sum.y, a * sum.y - t.y * sum.x) / (a * c - t.y * t.y);
  better[here] = flow[here] - clamp(step, vec2f(-1.0), vec2f(1.0));
}
