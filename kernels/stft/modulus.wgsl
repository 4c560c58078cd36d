// Complex numbers [..., 2] to real ones [...], two a thread: KIND magnitude √(re² + im² + eps), power re² + im², or
// log = log max(√(re² + im²), floor). The host guarantees nothing but the count.
#param KIND
#param X_TYPE
#param Y_TYPE
#if X_TYPE == 'f16' || Y_TYPE == 'f16'
enable f16;
#end
#include common/each

struct Params { count: u32, eps: f32, floor: f32 }

@group(0) @binding(0) var<storage, read> x: array<vec4<${X_TYPE}>>;
@group(0) @binding(1) var<storage, read_write> y: array<${Y_TYPE}>;
@group(0) @binding(2) var<uniform> params: Params;

fn each(i: u32) {
  if (2u * i >= params.count) { return; }
  let z = vec4f(x[i]);
  let power = z.xz * z.xz + z.yw * z.yw;
#if KIND == 'magnitude'
  let v = sqrt(power + params.eps);
#elif KIND == 'power'
  let v = power;
#elif KIND == 'log'
  let v = log(max(sqrt(power), vec2f(params.floor)));
#else
#error KIND is magnitude, power or log
#end
  y[2u * i] = ${Y_TYPE}(v.x);
  if (2u * i + 1u < params.count) { y[2u * i + 1u] = ${Y_TYPE}(v.y); }
}
