// Where a texture (kernels/texture-operand.ts) keeps vec4 `x` of row `row` of a tensor whose rows have `quads` vec4s. The host
// gives the logarithm of its rows per texel row, `textureParams`: a texture that several operands share is wider than some of
// them. Kernels keep it in a private variable, since a uniform is loaded anew in every step of a loop.
fn texel(x: u32, row: u32, quads: u32, rows_per_texel_row_log2: u32) -> vec2u {
  return vec2u((row & ((1u << rows_per_texel_row_log2) - 1u)) * quads + x, row >> rows_per_texel_row_log2);
}
