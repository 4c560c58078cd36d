// From y = softmax(x) and dy: dx = y·(dy − Σ dy·y) over each row; LOG, where y is the logarithm: dx = dy − exp(y)·Σ dy.
// One row of `length` elements a thread.
#param TYPE
#param LOG
#if TYPE == 'f16'
enable f16;
#end
#include common/each

struct Params { rows: u32, length: u32 }

@group(0) @binding(0) var<storage, read> y: array<${TYPE}>;
@group(0) @binding(1) var<storage, read> dy: array<${TYPE}>;
@group(0) @binding(2) var<storage, read_write> dx: array<${TYPE}>;
@group(0) @binding(3) var<uniform> params: Params;

fn each(row: u32) {
  if (row >= params.rows) { return; }
  let start = row * params.length;
  let stop = start + params.length;
  var total = 0.0;
  for (var e = start; e < stop; e++) {
#if LOG
    total += f32(dy[e]);
#else
    total += f32(dy[e]) * f32(y[e]);
#end
  }
  for (var e = start; e < stop; e++) {
#if LOG
    dx[e] = ${TYPE}(f32(dy[e]) - exp(f32(y[e])) * total);
#else
    dx[e] = ${TYPE}(f32(y[e]) * (f32(dy[e]) - total));
#end
  }
}
