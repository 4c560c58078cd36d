// Winograd F(4, 3) along one axis, weights: U[e, o, piece, i] = (G w)[e] of each three taps of a filter; taps past its end are
// zero. Layouts: w [O, 1, taps, I], U [6, pieces, I, O] in f32. A thread transforms 4 filters that are neighbours in I.
// The host guarantees that I divides by 4.
#param W_TYPE
#param F16
#if F16
enable f16;
#end
#include common/index

struct Params { filters: i32, quads: i32, taps: i32, pieces: i32 }

@group(0) @binding(0) var<storage, read> w: array<${W_TYPE == 'f16' ? 'vec2u' : 'vec4f'}>;
@group(0) @binding(1) var<storage, read_write> u: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

fn load(i: i32) -> vec4f {
  let value = w[i];
  return ${W_TYPE == 'f16' ? 'vec4f(unpack2x16float(value.x), unpack2x16float(value.y))' : 'value'};
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = i32(flat_group(group, groups) * 64u + lane);
  let rows = params.pieces * params.quads;
  if (index >= params.filters * rows) { return; }
  let out = index % params.filters;
  let quad = index / params.filters % params.quads;
  let tap = index / params.filters / params.quads * 3;
  let first = (out * params.taps + tap) * params.quads + quad;
  let w0 = load(first);
#for k in 1..3
  let there${k} = tap + ${k} < params.taps;
  let w${k} = select(vec4f(), load(select(0, first + ${k} * params.quads, there${k})), there${k});
#end
  let e0 = w0 / 4.0;
  let e1 = (w0 + w1 + w2) / -6.0;
  let e2 = (w0 - w1 + w2) / -6.0;
  let e3 = w0 / 24.0 + w1 / 12.0 + w2 / 6.0;
  let e4 = w0 / 24.0 - w1 / 12.0 + w2 / 6.0;
  let e5 = w2;
  let to = index / params.filters * 4 * params.filters + out;
#for e in 0..6
#for c in 0..4
  u[(${e} * rows * 4 + ${c}) * params.filters + to] = e${e}[${c}];
#end
#end
}
