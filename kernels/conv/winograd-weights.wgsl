// Winograd F(4×4, 3×3), weights: U[e, o, i] = (G w Gᵀ)[e] of each 3×3 filter; FLIP takes the filters mirrored, for the
// adjoint in the input. Layouts: w [O, 3, 3, I], U [36, O, I] in f32. A thread transforms 4 filters that are neighbours in I.
// The host guarantees that I divides by 4.
#param W_TYPE
#param FLIP
#param F16
#if F16
enable f16;
#end
#include common/half
#include common/each

struct Params { filters: i32, quads: i32, side: i32 }

@group(0) @binding(0) var<storage, read> w: array<${W_TYPE == 'f16' ? 'vec2u' : 'vec4f'}>;
@group(0) @binding(1) var<storage, read_write> u: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

fn load(i: i32) -> vec4f {
  return ${W_TYPE == 'f16' ? 'unpack_half4' : ''}(w[i]);
}

fn each(thread: u32) {
  let index = i32(thread);
  let step = params.filters * params.quads;
  if (index >= step) { return; }
  let first = index / params.quads * 9 * params.quads + index % params.quads;
#for i in 0..3
#for j in 0..3
#let TAP = FLIP ? 8 - 3 * i - j : 3 * i + j
  let w${i}_${j} = load(first + ${TAP} * params.quads);
#end
#end
#for j in 0..3
  let e0_${j} = w0_${j} / 4.0;
  let e1_${j} = (w0_${j} + w1_${j} + w2_${j}) / -6.0;
  let e2_${j} = (w0_${j} - w1_${j} + w2_${j}) / -6.0;
  let e3_${j} = w0_${j} / 24.0 + w1_${j} / 12.0 + w2_${j} / 6.0;
  let e4_${j} = w0_${j} / 24.0 - w1_${j} / 12.0 + w2_${j} / 6.0;
  let e5_${j} = w2_${j};
#end
  // As in winograd-input: a loop of a length that drivers do not know.
#for k in 0..6
#for j in 0..3
  var f${k}_${j} = e${k}_${j};
#end
#end
  for (var i = 0; i < params.side; i++) {
    let to = 6 * i * step + index;
    u[to] = f0_0 / 4.0;
    u[to + step] = (f0_0 + f0_1 + f0_2) / -6.0;
    u[to + 2 * step] = (f0_0 - f0_1 + f0_2) / -6.0;
    u[to + 3 * step] = f0_0 / 24.0 + f0_1 / 12.0 + f0_2 / 6.0;
    u[to + 4 * step] = f0_0 / 24.0 - f0_1 / 12.0 + f0_2 / 6.0;
    u[to + 5 * step] = f0_2;
#for k in 0..5
#for j in 0..3
    f${k}_${j} = f${k + 1}_${j};
#end
#end
  }
}
