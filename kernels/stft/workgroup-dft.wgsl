// Complex DFT of HALF points in workgroup memory by all THREADS, Σ z[n]·e^{−2πi·n·k/HALF}: Stockham passes that go to and
// fro between the halves of `points`, each of a small radix. The values begin at 0 and end at RESULT; the inverse is the
// same with re and im exchanged. Callers put a barrier between writing the values and calling.
#param HALF
#param THREADS
#param RADIX0
#param RADIX1 = 1
#param RADIX2 = 1
#param RADIX3 = 1
#param RADIX4 = 1
#param RADIX5 = 1
#param RADIX6 = 1
#param RADIX7 = 1
#include stft/circle

var<workgroup> points: array<vec2f, ${2 * HALF}>;

fn times(a: vec2f, b: vec2f) -> vec2f {
  return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}

// −i·a.
fn turned(a: vec2f) -> vec2f {
  return vec2f(a.y, -a.x);
}

fn small_dft_2(a: array<vec2f, 2>) -> array<vec2f, 2> {
  return array(a[0] + a[1], a[0] - a[1]);
}

fn small_dft_3(a: array<vec2f, 3>) -> array<vec2f, 3> {
  let t = a[1] + a[2];
  let d = turned(0.8660254037844386 * (a[1] - a[2]));
  let m = a[0] - 0.5 * t;
  return array(a[0] + t, m + d, m - d);
}

fn small_dft_4(a: array<vec2f, 4>) -> array<vec2f, 4> {
  let s = a[0] + a[2];
  let d = a[0] - a[2];
  let t = a[1] + a[3];
  let e = turned(a[1] - a[3]);
  return array(s + t, d + e, s - t, d - e);
}

fn small_dft_5(a: array<vec2f, 5>) -> array<vec2f, 5> {
  let t1 = a[1] + a[4];
  let t2 = a[2] + a[3];
  let d1 = a[1] - a[4];
  let d2 = a[2] - a[3];
  let m1 = a[0] + 0.30901699437494745 * t1 - 0.8090169943749475 * t2;
  let m2 = a[0] - 0.8090169943749475 * t1 + 0.30901699437494745 * t2;
  let n1 = turned(0.9510565162951535 * d1 + 0.5877852522924731 * d2);
  let n2 = turned(0.5877852522924731 * d1 - 0.9510565162951535 * d2);
  return array(a[0] + t1 + t2, m1 + n1, m2 + n2, m2 - n2, m1 - n1);
}

#let n = HALF
#let s = 1
#let here = 0
fn workgroup_dft(thread: u32) {
#for pass in 0..8
#let radix = pass == 0 ? RADIX0 : pass == 1 ? RADIX1 : pass == 2 ? RADIX2 : pass == 3 ? RADIX3 : pass == 4 ? RADIX4 : pass == 5 ? RADIX5 : pass == 6 ? RADIX6 : RADIX7
#if radix > 1
#let m = n / radix
  for (var t = thread; t < ${HALF / radix}u; t += ${THREADS}u) {
    let p = t / ${s}u;
    let q = t % ${s}u;
    var a: array<vec2f, ${radix}>;
#for u in 0..radix
    a[${u}] = points[${here}u + q + ${s}u * (p + ${m * u}u)];
#end
    let b = small_dft_${radix}(a);
    let turn = circle_f32(f32(p) / ${n}.0);
    let w1 = vec2f(turn.cos, -turn.sin);
    let to = ${HALF - here}u + q + ${s * radix}u * p;
    points[to] = b[0];
    points[to + ${s}u] = times(b[1], w1);
#for u in 2..radix
    let w${u} = times(w${u / 2}, w${u - u / 2});
    points[to + ${s * u}u] = times(b[${u}], w${u});
#end
  }
  workgroupBarrier();
#let n = m
#let s = s * radix
#let here = HALF - here
#end
#end
}
#let RESULT = here
