// Where an image (kernels/image.ts) keeps vec4 `x` of row `row` of a tensor whose rows have `quads` vec4s.
// The host gives the image's fold, a power of two known at compile time.
fn texel(x: u32, row: u32, quads: u32, fold: u32) -> vec2u {
  return vec2u(row % fold * quads + x, row / fold);
}
