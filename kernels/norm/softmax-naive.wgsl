// y = exp(x − max) / Σ exp(x − max) over each row (LOG: its logarithm), one row of `length` elements a thread.
#param TYPE
#param LOG
#if TYPE == 'f16'
enable f16;
#end
#include common/each

struct Params { rows: u32, length: u32 }

@group(0) @binding(0) var<storage, read> x: array<${TYPE}>;
@group(0) @binding(1) var<storage, read_write> y: array<${TYPE}>;
@group(0) @binding(2) var<uniform> params: Params;

fn each(row: u32) {
  if (row >= params.rows) { return; }
  let start = row * params.length;
  let stop = start + params.length;
  var top = f32(x[start]);
  for (var e = start; e < stop; e++) { top = max(top, f32(x[e])); }
  var total = 0.0;
  for (var e = start; e < stop; e++) { total += exp(f32(x[e]) - top); }
  for (var e = start; e < stop; e++) {
#if LOG
    y[e] = ${TYPE}(f32(x[e]) - top - log(total));
#else
    y[e] = ${TYPE}(exp(f32(x[e]) - top) / total);
#end
  }
}
