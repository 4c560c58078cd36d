// dx = rstd·(h − mean(h) − x̂·mean(h·x̂)) over each row, with h = dy·weight and x̂ = (x − mean)·rstd.
//
// Rows: norm/rows. One workgroup a row: a pass for both means, one to write. The host guarantees VEC | width.
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

struct Params { rows: u32, spatial: u32, groups: u32, width: u32 }

@group(0) @binding(0) var<storage, read> x: array<Unit>;
@group(0) @binding(1) var<storage, read> dy: array<Unit>;
@group(0) @binding(2) var<storage, read> means: array<f32>;
@group(0) @binding(3) var<storage, read> rstds: array<f32>;
#let NEXT = AFFINE ? 5 : 4
#if AFFINE
@group(0) @binding(4) var<storage, read> weight: array<Weights>;
#end
@group(0) @binding(${NEXT}) var<storage, read_write> dx: array<Unit>;
@group(0) @binding(${NEXT + 1}) var<uniform> params: Params;

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
  let mean = means[row];
  let rstd = rstds[row];
  var plain = F(0.0);
  var weighted = F(0.0);
  for (var p = first_place(row, lane); p.unit < units; p = next_place(p)) {
#if AFFINE
    let h = F(dy[p.at]) * F(weight[first_channel + p.within]);
#else
    let h = F(dy[p.at]);
#end
    plain += h;
    weighted += h * (F(x[p.at]) - mean);
  }
  let sums = all_sum(vec2f(total(plain), total(weighted) * rstd), lane, 0u) / f32(units * ${VEC}u);
  for (var p = first_place(row, lane); p.unit < units; p = next_place(p)) {
#if AFFINE
    let h = F(dy[p.at]) * F(weight[first_channel + p.within]);
#else
    let h = F(dy[p.at]);
#end
    dx[p.at] = Unit(rstd * (h - sums.x - (F(x[p.at]) - mean) * rstd * sums.y));
  }
}
