// y = exp(x − max) / Σ exp(x − max) over each row (LOG: its logarithm), one workgroup a row of `length` elements.
// Passes for the maximum, for the sum, and to write, all in f32. Sizes in units of VEC; the host guarantees VEC | length.
#param TYPE
#param LOG
#param VEC
#param LANES
#param SUBGROUP
#if SUBGROUP
enable subgroups;
#end
#if TYPE == 'f16'
enable f16;
#end
#include common/index
#include reduce/lanes
#if VEC == 4
alias Unit = vec4<${TYPE}>;
alias F = vec4f;
#else
alias Unit = ${TYPE};
alias F = f32;
#end

struct Params { rows: u32, length: u32 }

@group(0) @binding(0) var<storage, read> x: array<Unit>;
@group(0) @binding(1) var<storage, read_write> y: array<Unit>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(${LANES})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = flat_group(group, groups);
  if (row >= params.rows) { return; }
  let start = row * params.length;
  var highest = F(-3.4028234e38);
  for (var e = lane; e < params.length; e += ${LANES}u) { highest = max(highest, F(x[start + e])); }
#if VEC == 4
  let top = all_max(max(max(highest.x, highest.y), max(highest.z, highest.w)), lane, 0u);
#else
  let top = all_max(highest, lane, 0u);
#end
  var sum = F(0.0);
  for (var e = lane; e < params.length; e += ${LANES}u) { sum += exp(F(x[start + e]) - top); }
#if VEC == 4
  let total = all_sum(vec2f(sum.xy + sum.zw), lane, 1u);
#else
  let total = all_sum(vec2f(sum, 0.0), lane, 1u);
#end
#if LOG
  let shift = top + log(total.x + total.y);
  for (var e = lane; e < params.length; e += ${LANES}u) { y[start + e] = Unit(F(x[start + e]) - shift); }
#else
  let inverse = 1.0 / (total.x + total.y);
  for (var e = lane; e < params.length; e += ${LANES}u) { y[start + e] = Unit(exp(F(x[start + e]) - top) * inverse); }
#end
}
