// Sums over a row of the window around each pixel (pixels outside the image count nothing).
// TENSOR: of the structure tensor (∂x², ∂x∂y, ∂y²) from slopes; else of the residuals themselves.
#param TENSOR
#param RADIUS
#include flow/pixel

@group(0) @binding(0) var<storage, read> source: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> sums: array<${TENSOR ? 'vec4f' : 'vec2f'}>;
@group(0) @binding(2) var<uniform> params: Params;

fn pixel(id: vec3u) {
  let row = id.y * params.width;
  let first = u32(max(i32(id.x) - ${RADIUS}, 0));
  let last = min(id.x + ${RADIUS}u, params.width - 1u);
  var sum = ${TENSOR ? 'vec4f' : 'vec2f'}();
  for (var x = first; x <= last; x++) {
    let s = source[row + x];
#if TENSOR
    sum += vec4f(s.x * s.x, s.x * s.y, s.y * s.y, 0.0);
#else
    sum += s;
#end
  }
  sums[row + id.x] = sum;
}
