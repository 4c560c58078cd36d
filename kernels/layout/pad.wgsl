// y = x with zeros around it: y[c] = x[c − b] where 0 ≤ c_d − b_d < n_d, else 0.
//
// The host merges dimensions to RANK of them, dimension 0 innermost: n are x's sizes, o are y's, b the zeros before. One unit
// of VEC elements a thread; with VEC 4 the sizes of dimension 0 are in units of 4 elements.
#param TYPE
#param RANK
#param VEC
#if TYPE == 'f16'
enable f16;
#end
#include common/each
#include layout/divide

struct Params {
  items: u32,
  o0: u32, o1: u32, o2: u32, o3: u32, o4: u32,
  n0: u32, n1: u32, n2: u32, n3: u32, n4: u32, n5: u32,
  b0: u32, b1: u32, b2: u32, b3: u32, b4: u32, b5: u32,
}

#if VEC == 4
alias Unit = vec4<${TYPE}>;
#else
alias Unit = ${TYPE};
#end
@group(0) @binding(0) var<storage, read> x: array<Unit>;
@group(0) @binding(1) var<storage, read_write> y: array<Unit>;
@group(0) @binding(2) var<uniform> params: Params;

fn each(i: u32) {
  if (i >= params.items) { return; }
  var rest = i;
  var source = 0u;
  var step = 1u;
  var inside = true;
#for d in 0..RANK
#if d == RANK - 1
  let c${d} = rest - params.b${d};
#else
  let split${d} = divide(rest, params.o${d});
  let c${d} = split${d}.y - params.b${d};
  rest = split${d}.x;
#end
  inside = inside && c${d} < params.n${d}; // Before the first element the difference wraps and is larger, too.
  source += c${d} * step;
  step *= params.n${d};
#end
  if (inside) {
    y[i] = x[source];
  } else {
    y[i] = Unit();
  }
}
