// dtable[v, :] = Σ of dy[n, :] over all n with index[n] = v: the adjoint of `layout/gather`.
//
// WGSL has no float atomics, so each thread owns VEC elements of a table row and scans all N indices: exact, in a fixed
// order, and fast while N·V is small, as for class and position tables. Indices past the last row count as the last.
#param TYPE
#param VEC
#if TYPE == 'f16'
enable f16;
#end
#include common/each
#include layout/divide
#let SUM = VEC == 4 ? 'vec4f' : 'f32'

struct Params { rows: u32, table_rows: u32, width: u32 }

#if VEC == 4
alias Unit = vec4<${TYPE}>;
#else
alias Unit = ${TYPE};
#end
@group(0) @binding(0) var<storage, read> dy: array<Unit>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> dtable: array<Unit>;
@group(0) @binding(3) var<uniform> params: Params;

fn each(i: u32) {
  if (i >= params.table_rows * params.width) { return; }
  let at = divide(i, params.width);
  var sum = ${SUM}(0.0);
  for (var n = 0u; n < params.rows; n++) {
    if (min(index[n], params.table_rows - 1u) == at.x) { sum += ${SUM}(dy[n * params.width + at.y]); }
  }
  dtable[i] = Unit(sum);
}
