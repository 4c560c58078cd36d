// Sizes of a 2-D convolution, shared by every kernel of this folder. "In" is the side the forward convolution reads,
// "out" the side it writes, whichever way a kernel runs. Padding after the last row and column follows from the sizes.
// TEXTURES: how many of the kernel's inputs are textures (kernels/texture-operand.ts).
#param TEXTURES = 0
struct Params {
  batch: i32, in_h: i32, in_w: i32, in_c: i32,
  out_h: i32, out_w: i32, out_c: i32, groups: i32,
  kernel_h: i32, kernel_w: i32, stride_h: i32, stride_w: i32,
  pad_h: i32, pad_w: i32, dilation_h: i32, dilation_w: i32,
#for i in 0..TEXTURES
  rows_per_texel_row_log2_${i}: u32,
#end
}

fn within(i: i32, size: i32) -> bool {
  return u32(i) < u32(size);
}
