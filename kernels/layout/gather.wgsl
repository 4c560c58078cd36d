// y[n, :] = table[min(index[n], V − 1), :]: rows of a table by number, VEC elements a thread.
// Layouts: table [V, D], index [N] of u32, y [N, D]. The width D is in units of VEC, which divides it.
#param TYPE
#param VEC
#if TYPE == 'f16'
enable f16;
#end
#include common/each
#include layout/divide

struct Params { rows: u32, table_rows: u32, width: u32 }

#if VEC == 4
alias Unit = vec4<${TYPE}>;
#else
alias Unit = ${TYPE};
#end
@group(0) @binding(0) var<storage, read> table: array<Unit>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<Unit>;
@group(0) @binding(3) var<uniform> params: Params;

fn each(i: u32) {
  if (i >= params.rows * params.width) { return; }
  let at = divide(i, params.width);
  y[i] = table[min(index[at.x], params.table_rows - 1u) * params.width + at.y];
}
