// Where an image (kernels/image.ts) keeps vec4 `x` of row `row` of a tensor whose rows have `quads` vec4s.
fn texel(x: u32, row: u32, quads: u32, fold_bits: u32) -> vec2u {
  return vec2u((row & ((1u << fold_bits) - 1u)) * quads + x, row >> fold_bits);
}

// log2 of an image's fold. Its width is that of `fold` rows, at least 16 texels, and 4 of padding: less than of 2 · fold rows.
// Asked for once a thread, not a load.
fn fold_bits_of(width: u32, quads: u32) -> u32 {
  return firstLeadingBit(width / quads);
}
