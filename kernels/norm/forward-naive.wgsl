// y = (x − mean)·rstd·weight + bias over each row, one row a thread: the reference implementation.
// Layouts: x and y are [batch, spatial, groups·width], mean and rstd [batch, groups], weight and bias [groups·width].
#param X_TYPE
#param W_TYPE = 'f32'
#param AFFINE
#if X_TYPE == 'f16' || W_TYPE == 'f16'
enable f16;
#end
#include common/each

struct Params { rows: u32, spatial: u32, groups: u32, width: u32, eps: f32 }

@group(0) @binding(0) var<storage, read> x: array<${X_TYPE}>;
#let NEXT = AFFINE ? 3 : 1
#if AFFINE
@group(0) @binding(1) var<storage, read> weight: array<${W_TYPE}>;
@group(0) @binding(2) var<storage, read> bias: array<${W_TYPE}>;
#end
@group(0) @binding(${NEXT}) var<storage, read_write> y: array<${X_TYPE}>;
@group(0) @binding(${NEXT + 1}) var<storage, read_write> means: array<f32>;
@group(0) @binding(${NEXT + 2}) var<storage, read_write> rstds: array<f32>;
@group(0) @binding(${NEXT + 3}) var<uniform> params: Params;

fn each(row: u32) {
  if (row >= params.rows) { return; }
  let channels = params.groups * params.width;
  let first = (row % params.groups) * params.width;
  let start = (row / params.groups) * params.spatial * channels + first;
  let count = f32(params.spatial * params.width);
  var sum = 0.0;
  for (var s = 0u; s < params.spatial; s++) {
    for (var k = 0u; k < params.width; k++) { sum += f32(x[start + s * channels + k]); }
  }
  let mean = sum / count;
  var squares = 0.0;
  for (var s = 0u; s < params.spatial; s++) {
    for (var k = 0u; k < params.width; k++) {
      let d = f32(x[start + s * channels + k]) - mean;
      squares += d * d;
    }
  }
  let rstd = 1.0 / sqrt(squares / count + params.eps);
  means[row] = mean;
  rstds[row] = rstd;
  for (var s = 0u; s < params.spatial; s++) {
    for (var k = 0u; k < params.width; k++) {
      var value = (f32(x[start + s * channels + k]) - mean) * rstd;
#if AFFINE
      value = value * f32(weight[first + k]) + f32(bias[first + k]);
#end
      y[start + s * channels + k] = ${X_TYPE}(value);
    }
  }
}
