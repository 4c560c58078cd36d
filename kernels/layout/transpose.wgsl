// y[b, n, m] = x[b, m, n]: the last two dimensions swapped, a 4×4 block a thread, so that loads and stores are vec4.
// The host guarantees that M and N divide by 4; the sizes in Params are in units of 4.
#param TYPE
#if TYPE == 'f16'
enable f16;
#end
#include common/each
#include layout/divide

struct Params { batch: u32, m: u32, n: u32 }

@group(0) @binding(0) var<storage, read> x: array<vec4<${TYPE}>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<${TYPE}>>;
@group(0) @binding(2) var<uniform> params: Params;

fn each(i: u32) {
  if (i >= params.batch * params.m * params.n) { return; }
  let outer = divide(i, params.n);
  let block = divide(outer.x, params.m);
  let batch = block.x * params.m * params.n * 4u;
  let source = batch + block.y * 4u * params.n + outer.y;
  let to = batch + outer.y * 4u * params.m + block.y;
  let a = x[source];
  let b = x[source + params.n];
  let c = x[source + 2u * params.n];
  let d = x[source + 3u * params.n];
  y[to] = vec4<${TYPE}>(a.x, b.x, c.x, d.x);
  y[to + params.m] = vec4<${TYPE}>(a.y, b.y, c.y, d.y);
  y[to + 2u * params.m] = vec4<${TYPE}>(a.z, b.z, c.z, d.z);
  y[to + 3u * params.m] = vec4<${TYPE}>(a.w, b.w, c.w, d.w);
}
