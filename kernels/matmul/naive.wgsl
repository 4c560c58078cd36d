// C[b] = epilogue(A[b] · B[b]), one output a thread: the reference implementation that every other variant is tested against.
//
// Layouts: A is [batch, M, K] (or [batch, K, M] with TRANSPOSE_A), B is [batch, K, N] (or [batch, N, K] with TRANSPOSE_B),
// C is [batch, M, N], all row-major. A stride of 0 repeats one matrix over the batch.
// The host guarantees nothing but the sizes: every index is checked.
#param A_TYPE
#param B_TYPE
#param C_TYPE
#param TRANSPOSE_A = false
#param TRANSPOSE_B = false
#param OUTPUT_BINDING = 2
#if A_TYPE == 'f16' || B_TYPE == 'f16' || C_TYPE == 'f16'
enable f16;
#end
#include common/each
#include common/epilogue

struct Params { m: u32, n: u32, k: u32, batch: u32, stride_a: u32, stride_b: u32 }

@group(0) @binding(0) var<storage, read> a: array<${A_TYPE}>;
@group(0) @binding(1) var<storage, read> b: array<${B_TYPE}>;
@group(0) @binding(${OUTPUT_BINDING}) var<storage, read_write> c: array<${C_TYPE}>;
@group(0) @binding(${OUTPUT_BINDING + 1}) var<uniform> params: Params;

fn each(i: u32) {
  if (i >= params.batch * params.m * params.n) { return; }
  let col = i % params.n;
  let row = (i / params.n) % params.m;
  let batch = i / (params.n * params.m);
  var sum = 0.0;
  for (var k = 0u; k < params.k; k++) {
#if TRANSPOSE_A
    let x = f32(a[batch * params.stride_a + k * params.m + row]);
#else
    let x = f32(a[batch * params.stride_a + row * params.k + k]);
#end
#if TRANSPOSE_B
    let y = f32(b[batch * params.stride_b + col * params.k + k]);
#else
    let y = f32(b[batch * params.stride_b + k * params.n + col]);
#end
    sum += x * y;
  }
  c[i] = ${C_TYPE}(apply_epilogue(sum, i, col));
}
