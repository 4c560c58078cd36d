// dx = rstd·(h − mean(h) − x̂·mean(h·x̂)), h = dy·weight, x̂ = (x − mean)·rstd, one row a thread: the reference implementation.
// Layouts as in norm/forward-naive.
#param X_TYPE
#param W_TYPE = 'f32'
#param AFFINE
#if X_TYPE == 'f16' || W_TYPE == 'f16'
enable f16;
#end
#include common/each

struct Params { rows: u32, spatial: u32, groups: u32, width: u32 }

@group(0) @binding(0) var<storage, read> x: array<${X_TYPE}>;
@group(0) @binding(1) var<storage, read> dy: array<${X_TYPE}>;
@group(0) @binding(2) var<storage, read> means: array<f32>;
@group(0) @binding(3) var<storage, read> rstds: array<f32>;
#let NEXT = AFFINE ? 5 : 4
#if AFFINE
@group(0) @binding(4) var<storage, read> weight: array<${W_TYPE}>;
#end
@group(0) @binding(${NEXT}) var<storage, read_write> dx: array<${X_TYPE}>;
@group(0) @binding(${NEXT + 1}) var<uniform> params: Params;

fn each(row: u32) {
  if (row >= params.rows) { return; }
  let channels = params.groups * params.width;
  let first = (row % params.groups) * params.width;
  let start = (row / params.groups) * params.spatial * channels + first;
  let count = f32(params.spatial * params.width);
  let mean = means[row];
  let rstd = rstds[row];
  var sum_h = 0.0;
  var sum_hx = 0.0;
  for (var s = 0u; s < params.spatial; s++) {
    for (var k = 0u; k < params.width; k++) {
      let at = start + s * channels + k;
      var h = f32(dy[at]);
#if AFFINE
      h *= f32(weight[first + k]);
#end
      sum_h += h;
      sum_hx += h * (f32(x[at]) - mean) * rstd;
    }
  }
  for (var s = 0u; s < params.spatial; s++) {
    for (var k = 0u; k < params.width; k++) {
      let at = start + s * channels + k;
      var h = f32(dy[at]);
#if AFFINE
      h *= f32(weight[first + k]);
#end
      dx[at] = ${X_TYPE}(rstd * (h - sum_h / count - (f32(x[at]) - mean) * rstd * sum_hx / count));
    }
  }
}
