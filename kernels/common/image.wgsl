// Where an image (kernels/image.ts) keeps vec4 `x` of row `row` of a tensor whose rows have `quads` vec4s. The host gives the
// logarithm of its fold, `foldParams`: a texture that several images share is wider than some of them. Kernels keep it in a
// private variable, since a uniform is loaded anew in every step of a loop.
fn texel(x: u32, row: u32, quads: u32, fold_bits: u32) -> vec2u {
  return vec2u((row & ((1u << fold_bits) - 1u)) * quads + x, row >> fold_bits);
}
