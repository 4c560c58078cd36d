// dx[o, k, i] = Σ of dy[o, j, i] over all j that `layout/pad-edge` fills from k: its adjoint, one dx a thread.
// Layouts: dy [outer, padded, inner], dx [outer, length, inner].
#param TYPE
#param MODE
#if TYPE == 'f16'
enable f16;
#end
#include common/each
#include layout/divide

struct Params { outer: u32, length: u32, padded: u32, inner: u32, before: u32 }

@group(0) @binding(0) var<storage, read> dy: array<${TYPE}>;
@group(0) @binding(1) var<storage, read_write> dx: array<${TYPE}>;
@group(0) @binding(2) var<uniform> params: Params;

fn each(i: u32) {
  if (i >= params.outer * params.length * params.inner) { return; }
  let inner = divide(i, params.inner);
  let at = divide(inner.x, params.length);
  let k = at.y;
  let base = at.x * params.padded;
  let last = params.length - 1u;
  let after = params.padded - params.before - params.length;
  var sum = f32(dy[(base + params.before + k) * params.inner + inner.y]);
#if MODE == 'edge'
  if (k == 0u) {
    for (var j = 0u; j < params.before; j++) { sum += f32(dy[(base + j) * params.inner + inner.y]); }
  }
  if (k == last) {
    for (var j = params.before + params.length; j < params.padded; j++) {
      sum += f32(dy[(base + j) * params.inner + inner.y]);
    }
  }
#else
  if (k >= 1u && k <= params.before) { sum += f32(dy[(base + params.before - k) * params.inner + inner.y]); }
  if (k < last && last - k <= after) {
    sum += f32(dy[(base + params.before + 2u * last - k) * params.inner + inner.y]);
  }
#end
  dx[i] = ${TYPE}(sum);
}
