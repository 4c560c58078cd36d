// Gradient of `modulus` with respect to x: g[...] and x[..., 2] → dx[..., 2], two numbers a thread. The modulus itself is
// computed again, which is cheaper than to load it. At zero the gradient is zero.
#param KIND
#param X_TYPE
#param G_TYPE
#if X_TYPE == 'f16' || G_TYPE == 'f16'
enable f16;
#end
#include common/each

struct Params { count: u32, eps: f32, floor: f32 }

@group(0) @binding(0) var<storage, read> x: array<vec4<${X_TYPE}>>;
@group(0) @binding(1) var<storage, read> g: array<vec2<${G_TYPE}>>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec2<${X_TYPE}>>;
@group(0) @binding(3) var<uniform> params: Params;

fn each(i: u32) {
  if (2u * i >= params.count) { return; }
  let z = vec4f(x[i]);
  let up = vec2f(g[i]);
  let power = z.xz * z.xz + z.yw * z.yw;
#if KIND == 'magnitude'
  let slope = up * inverseSqrt(max(power + params.eps, vec2f(1e-30)));
#elif KIND == 'power'
  let slope = 2.0 * up;
#elif KIND == 'log'
  let slope = select(vec2f(0.0), up / max(power, vec2f(1e-30)), power > vec2f(params.floor * params.floor));
#else
#error KIND is magnitude, power or log
#end
  let d = z * slope.xxyy;
  dx[2u * i] = vec2<${X_TYPE}>(d.xy);
  if (2u * i + 1u < params.count) { dx[2u * i + 1u] = vec2<${X_TYPE}>(d.zw); }
}
