// cos and sin of x turns (2πx radians), to the rounding of f32 on every driver: the built-in ones may be off by 2^-11.
// The angle is reduced to an eighth of a turn either side of a quarter, where short Taylor polynomials are exact enough.
#for v in 0..2
#let T = v == 0 ? 'f32' : 'vec4f'
struct Circle_${T} { cos: ${T}, sin: ${T} }

fn circle_${T}(x: ${T}) -> Circle_${T} {
  let turns = x - round(x);
  let quarter = round(4.0 * turns);
  let a = 6.283185307179586 * (turns - 0.25 * quarter);
  let b = a * a;
  let s = a * (1.0 + b * (-0.16666666667 + b * (0.00833333333 + b * (-1.98412698e-4 + b * 2.75573192e-6))));
  let c = 1.0 + b * (-0.5 + b * (0.04166666667 + b * (-1.38888889e-3 + b * 2.48015873e-5)));
  let odd = abs(quarter) == ${T}(1.0);
  let flip_sin = quarter == ${T}(-1.0);
  let half_turn = abs(quarter) == ${T}(2.0);
  // A quarter turn maps (cos, sin) to (−sin, cos).
  let cq = select(c, select(-s, s, flip_sin), odd);
  let sq = select(s, select(c, -c, flip_sin), odd);
  return Circle_${T}(select(cq, -c, half_turn), select(sq, -s, half_turn));
}
#end
