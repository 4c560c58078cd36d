// Stores a bin of the spectrum as OUT: complex, magnitude, power, or the logarithm of the magnitude (at least `floor`).
// Needs `out` and `params.floor`.
fn store(at: u32, re: f32, im: f32) {
#if OUT == 'complex'
  out[at] = vec2<${OUT_TYPE}>(${OUT_TYPE}(re), ${OUT_TYPE}(im));
#elif OUT == 'magnitude'
  out[at] = ${OUT_TYPE}(sqrt(re * re + im * im));
#elif OUT == 'power'
  out[at] = ${OUT_TYPE}(re * re + im * im);
#elif OUT == 'log'
  out[at] = ${OUT_TYPE}(log(max(sqrt(re * re + im * im), params.floor)));
#else
#error OUT is complex, magnitude, power or log
#end
}
