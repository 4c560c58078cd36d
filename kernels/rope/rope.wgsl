// Rotary positions: in each row the pair (x[i], x[i + half]) is turned by the angle of position n and frequency i, or turned
// back with INVERSE: y[i] = a·cos − b·sin, y[i + half] = a·sin + b·cos.
//
// Layouts: x and y are [rows, positions, 2·half], table [positions, 2·half] with `half` cosines, then `half` sines, a
// position. One pair of units of VEC elements a thread; half is in units, and the host guarantees that VEC divides it.
#param TYPE
#param INVERSE
#param VEC
#if TYPE == 'f16'
enable f16;
#end
#include common/each
#include layout/divide
#if VEC == 4
alias Unit = vec4<${TYPE}>;
alias F = vec4f;
#else
alias Unit = ${TYPE};
alias F = f32;
#end

struct Params { items: u32, positions: u32, half_width: u32 }

@group(0) @binding(0) var<storage, read> x: array<Unit>;
@group(0) @binding(1) var<storage, read> table: array<F>;
@group(0) @binding(2) var<storage, read_write> y: array<Unit>;
@group(0) @binding(3) var<uniform> params: Params;

fn each(i: u32) {
  if (i >= params.items) { return; }
  let width = params.half_width;
  let at = divide(i, width);
  let position = divide(at.x, params.positions).y;
  let first = at.x * 2u * width + at.y;
  let a = F(x[first]);
  let b = F(x[first + width]);
  let cosine = table[position * 2u * width + at.y];
#if INVERSE
  let sine = -table[position * 2u * width + width + at.y];
#else
  let sine = table[position * 2u * width + width + at.y];
#end
  y[first] = Unit(a * cosine - b * sine);
  y[first + width] = Unit(a * sine + b * cosine);
}
