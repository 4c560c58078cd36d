// Complex DFTs held in registers, y[k] = Σ x[n]·e^{−2πi·n·k/SIZE}, in place: `dft_vec4f` of 16 points on four columns at
// once, and `dft_f32` of ROW points, with up to three Stockham passes of the radices 2, 3, 4 and 5 that make up ROW.
// Everything is unrolled and every twiddle is a constant. The inverse is the same function with re and im exchanged.
#param ROW
#param ROW_RADIX0
#param ROW_RADIX1 = 1
#param ROW_RADIX2 = 1
#let TAU = '6.283185307179586'
#for v in 0..2
#let T = v == 0 ? 'vec4f' : 'f32'
#let SIZE = v == 0 ? 16 : ROW
fn dft_${T}(re: ptr<function, array<${T}, ${SIZE}>>, im: ptr<function, array<${T}, ${SIZE}>>) {
#for i in 0..SIZE
  let r0_${i} = (*re)[${i}]; let i0_${i} = (*im)[${i}];
#end
#let n = SIZE
#let s = 1
#let last = 0
#for pass in 0..3
#let radix = v == 0 ? (pass < 2 ? 4 : 1) : (pass == 0 ? ROW_RADIX0 : pass == 1 ? ROW_RADIX1 : ROW_RADIX2)
#if radix > 1
#let m = n / radix
#for p in 0..m
#for q in 0..s
#let id = pass * 1000 + p * s + q
// a: inputs, b: their small DFT.
#for u in 0..radix
#let at = q + s * (p + m * u)
  let ar_${id}_${u} = r${pass}_${at}; let ai_${id}_${u} = i${pass}_${at};
#end
#if radix == 2
  let br_${id}_0 = ar_${id}_0 + ar_${id}_1; let bi_${id}_0 = ai_${id}_0 + ai_${id}_1;
  let br_${id}_1 = ar_${id}_0 - ar_${id}_1; let bi_${id}_1 = ai_${id}_0 - ai_${id}_1;
#elif radix == 3
  let tr_${id} = ar_${id}_1 + ar_${id}_2; let ti_${id} = ai_${id}_1 + ai_${id}_2;
  let dr_${id} = 0.8660254037844386 * (ar_${id}_1 - ar_${id}_2); let di_${id} = 0.8660254037844386 * (ai_${id}_1 - ai_${id}_2);
  let mr_${id} = ar_${id}_0 - 0.5 * tr_${id}; let mi_${id} = ai_${id}_0 - 0.5 * ti_${id};
  let br_${id}_0 = ar_${id}_0 + tr_${id}; let bi_${id}_0 = ai_${id}_0 + ti_${id};
  let br_${id}_1 = mr_${id} + di_${id}; let bi_${id}_1 = mi_${id} - dr_${id};
  let br_${id}_2 = mr_${id} - di_${id}; let bi_${id}_2 = mi_${id} + dr_${id};
#elif radix == 4
  let tr0_${id} = ar_${id}_0 + ar_${id}_2; let ti0_${id} = ai_${id}_0 + ai_${id}_2;
  let tr1_${id} = ar_${id}_0 - ar_${id}_2; let ti1_${id} = ai_${id}_0 - ai_${id}_2;
  let tr2_${id} = ar_${id}_1 + ar_${id}_3; let ti2_${id} = ai_${id}_1 + ai_${id}_3;
  let tr3_${id} = ar_${id}_1 - ar_${id}_3; let ti3_${id} = ai_${id}_1 - ai_${id}_3;
  let br_${id}_0 = tr0_${id} + tr2_${id}; let bi_${id}_0 = ti0_${id} + ti2_${id};
  let br_${id}_1 = tr1_${id} + ti3_${id}; let bi_${id}_1 = ti1_${id} - tr3_${id};
  let br_${id}_2 = tr0_${id} - tr2_${id}; let bi_${id}_2 = ti0_${id} - ti2_${id};
  let br_${id}_3 = tr1_${id} - ti3_${id}; let bi_${id}_3 = ti1_${id} + tr3_${id};
#elif radix == 5
  let tr1_${id} = ar_${id}_1 + ar_${id}_4; let ti1_${id} = ai_${id}_1 + ai_${id}_4;
  let tr2_${id} = ar_${id}_2 + ar_${id}_3; let ti2_${id} = ai_${id}_2 + ai_${id}_3;
  let dr1_${id} = ar_${id}_1 - ar_${id}_4; let di1_${id} = ai_${id}_1 - ai_${id}_4;
  let dr2_${id} = ar_${id}_2 - ar_${id}_3; let di2_${id} = ai_${id}_2 - ai_${id}_3;
  let mr1_${id} = ar_${id}_0 + 0.30901699437494745 * tr1_${id} - 0.8090169943749475 * tr2_${id};
  let mi1_${id} = ai_${id}_0 + 0.30901699437494745 * ti1_${id} - 0.8090169943749475 * ti2_${id};
  let mr2_${id} = ar_${id}_0 - 0.8090169943749475 * tr1_${id} + 0.30901699437494745 * tr2_${id};
  let mi2_${id} = ai_${id}_0 - 0.8090169943749475 * ti1_${id} + 0.30901699437494745 * ti2_${id};
  let nr1_${id} = 0.9510565162951535 * dr1_${id} + 0.5877852522924731 * dr2_${id};
  let ni1_${id} = 0.9510565162951535 * di1_${id} + 0.5877852522924731 * di2_${id};
  let nr2_${id} = 0.5877852522924731 * dr1_${id} - 0.9510565162951535 * dr2_${id};
  let ni2_${id} = 0.5877852522924731 * di1_${id} - 0.9510565162951535 * di2_${id};
  let br_${id}_0 = ar_${id}_0 + tr1_${id} + tr2_${id}; let bi_${id}_0 = ai_${id}_0 + ti1_${id} + ti2_${id};
  let br_${id}_1 = mr1_${id} + ni1_${id}; let bi_${id}_1 = mi1_${id} - nr1_${id};
  let br_${id}_2 = mr2_${id} + ni2_${id}; let bi_${id}_2 = mi2_${id} - nr2_${id};
  let br_${id}_3 = mr2_${id} - ni2_${id}; let bi_${id}_3 = mi2_${id} + nr2_${id};
  let br_${id}_4 = mr1_${id} - ni1_${id}; let bi_${id}_4 = mi1_${id} + nr1_${id};
#else
#error radices are 2, 3, 4 and 5
#end
#for u in 0..radix
#let to = q + s * (radix * p + u)
#if p * u == 0
  let r${pass + 1}_${to} = br_${id}_${u}; let i${pass + 1}_${to} = bi_${id}_${u};
#elif p * u * 4 == n
  let r${pass + 1}_${to} = bi_${id}_${u}; let i${pass + 1}_${to} = -br_${id}_${u};
#else
  let r${pass + 1}_${to} = br_${id}_${u} * cos(${TAU} * ${p * u}.0 / ${n}.0) + bi_${id}_${u} * sin(${TAU} * ${p * u}.0 / ${n}.0);
  let i${pass + 1}_${to} = bi_${id}_${u} * cos(${TAU} * ${p * u}.0 / ${n}.0) - br_${id}_${u} * sin(${TAU} * ${p * u}.0 / ${n}.0);
#end
#end
#end
#end
#let n = m
#let s = s * radix
#let last = pass + 1
#end
#end
#for i in 0..SIZE
  (*re)[${i}] = r${last}_${i}; (*im)[${i}] = i${last}_${i};
#end
}
#end
