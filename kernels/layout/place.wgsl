// y[o, start + j] = x[o, j] for j < run: one operand of a concatenation, put in its place; the rest of y is left alone.
// One unit of VEC elements a thread; sizes in units. The host guarantees that VEC divides run, start and total.
#param TYPE
#param VEC
#if TYPE == 'f16'
enable f16;
#end
#include common/each
#include layout/divide

struct Params { outer: u32, run: u32, start: u32, total: u32 }

#if VEC == 4
alias Unit = vec4<${TYPE}>;
#else
alias Unit = ${TYPE};
#end
@group(0) @binding(0) var<storage, read> x: array<Unit>;
@group(0) @binding(1) var<storage, read_write> y: array<Unit>;
@group(0) @binding(2) var<uniform> params: Params;

fn each(i: u32) {
  if (i >= params.outer * params.run) { return; }
  let at = divide(i, params.run);
  y[at.x * params.total + params.start + at.y] = x[i];
}
