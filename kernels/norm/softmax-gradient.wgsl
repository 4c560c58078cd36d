// From y = softmax(x) and dy: dx = y·(dy − Σ dy·y) over each row; LOG, where y is the logarithm: dx = dy − exp(y)·Σ dy.
// One workgroup a row of `length` elements. Sizes in units of VEC; the host guarantees VEC | length.
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

@group(0) @binding(0) var<storage, read> y: array<Unit>;
@group(0) @binding(1) var<storage, read> dy: array<Unit>;
@group(0) @binding(2) var<storage, read_write> dx: array<Unit>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(${LANES})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = flat_group(group, groups);
  if (row >= params.rows) { return; }
  let start = row * params.length;
  var sum = F(0.0);
  for (var e = lane; e < params.length; e += ${LANES}u) {
#if LOG
    sum += F(dy[start + e]);
#else
    sum += F(dy[start + e]) * F(y[start + e]);
#end
  }
#if VEC == 4
  let parts = all_sum(vec2f(sum.xy + sum.zw), lane, 0u);
#else
  let parts = all_sum(vec2f(sum, 0.0), lane, 0u);
#end
  let total = parts.x + parts.y;
  for (var e = lane; e < params.length; e += ${LANES}u) {
#if LOG
    dx[start + e] = Unit(F(dy[start + e]) - exp(F(y[start + e])) * total);
#else
    dx[start + e] = Unit(F(y[start + e]) * (F(dy[start + e]) - total));
#end
  }
}
