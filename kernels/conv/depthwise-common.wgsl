// What the depthwise convolutions share: a thread makes PIXELS neighbouring pixels of 4 channels, from SPAN of the source in a
// line, with TAPS weights a channel. Neighbouring threads hold neighbouring channels.
// Layouts: x [B, H, W, C], w [C, KH, KW, 1], y [B, OH, OW, C].
#param KERNEL_H
#param KERNEL_W
#param STRIDE_W
#param DILATION_W
#param FLIP
#param X_TYPE
#param W_TYPE
#param Y_TYPE
#param F16
#param OUTPUT_BINDING = 2
#if F16
enable f16;
#end
#include common/half
#include common/index
#include common/epilogue
#include conv/geometry
#let PIXELS = 8
#let TAPS = KERNEL_H * KERNEL_W
#let SPAN = (PIXELS - 1) * STRIDE_W + (KERNEL_W - 1) * DILATION_W + 1

@group(0) @binding(${OUTPUT_BINDING}) var<storage, read_write> y: array<vec4<${Y_TYPE}>>;
@group(0) @binding(${OUTPUT_BINDING + 1}) var<uniform> params: Params;
