// y = (x − mean)·rstd·weight + bias over each row, rstd = 1/√(variance + eps); mean and rstd are kept for the gradient.
//
// Rows: norm/rows. One workgroup a row: a pass for the mean, one for the squared distances from it (one pass for both would
// cancel where the mean is large), one to write. Statistics are f32. The host guarantees VEC | width.
#param X_TYPE
#param W_TYPE = 'f32'
#param AFFINE
#param VEC
#param LANES
#param SUBGROUP
#if SUBGROUP
enable subgroups;
#end
#if X_TYPE == 'f16' || W_TYPE == 'f16'
enable f16;
#end
#include common/index
#include reduce/lanes
#include norm/rows
#if VEC == 4
alias Unit = vec4<${X_TYPE}>;
alias Weights = vec4<${W_TYPE}>;
alias F = vec4f;
#else
alias Unit = ${X_TYPE};
alias Weights = ${W_TYPE};
alias F = f32;
#end

struct Params { rows: u32, spatial: u32, groups: u32, width: u32, eps: f32 }

@group(0) @binding(0) var<storage, read> x: array<Unit>;
#let NEXT = AFFINE ? 3 : 1
#if AFFINE
@group(0) @binding(1) var<storage, read> weight: array<Weights>;
@group(0) @binding(2) var<storage, read> bias: array<Weights>;
#end
@group(0) @binding(${NEXT}) var<storage, read_write> y: array<Unit>;
@group(0) @binding(${NEXT + 1}) var<storage, read_write> means: array<f32>;
@group(0) @binding(${NEXT + 2}) var<storage, read_write> rstds: array<f32>;
@group(0) @binding(${NEXT + 3}) var<uniform> params: Params;

fn total(v: F) -> f32 {
#if VEC == 4
  return (v.x + v.y) + (v.z + v.w);
#else
  return v;
#end
}

@compute @workgroup_size(${LANES})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = flat_group(group, groups);
  if (row >= params.rows) { return; }
  let units = params.spatial * params.width;
#if AFFINE
  let first_channel = (row % params.groups) * params.width;
#end
  let inverse_count = 1.0 / f32(units * ${VEC}u);

  var sum = F(0.0);
  for (var p = first_place(row, lane); p.unit < units; p = next_place(p)) { sum += F(x[p.at]); }
  let mean = all_sum(vec2f(total(sum), 0.0), lane, 0u).x * inverse_count;

  var squares = F(0.0);
  for (var p = first_place(row, lane); p.unit < units; p = next_place(p)) {
    let d = F(x[p.at]) - mean;
    squares += d * d;
  }
  let rstd = inverseSqrt(all_sum(vec2f(total(squares), 0.0), lane, 1u).x * inverse_count + params.eps);
  if (lane == 0u) {
    means[row] = mean;
    rstds[row] = rstd;
  }

  for (var p = first_place(row, lane); p.unit < units; p = next_place(p)) {
    var value = (F(x[p.at]) - mean) * rstd;
#if AFFINE
    value = value * F(weight[first_channel + p.within]) + F(bias[first_channel + p.within]);
#end
    y[p.at] = Unit(value);
  }
}
