// C[b] = epilogue(A[b] · B[b]) for GPUs: tiles of A and B in workgroup memory, an outer product in registers.
//
// A workgroup computes BM rows × BN columns, a thread RM × RN of them: rows in runs of 4 that are 4·(BM/RM) apart, columns
// likewise, so that neighbouring threads read neighbouring vec4s of workgroup memory. BK steps of K are staged at a time,
// as 4 × 4 blocks that a thread reads with four vec4 loads and, where the operand is not contiguous along the tile's
// rows or columns, transposes in registers.
//
// Layouts as in matmul/naive. Any sizes: what lies outside is read as zero and not stored. VEC_A, VEC_B, VEC_C: the
// contiguous dimension of the operand is a multiple of 4 and is accessed as vec4. The host guarantees that, that RM and RN
// divide BM and BN and are multiples of 4, like BK, and a grid of [N/BN, M/BM, batch], rounded up.
#param BM
#param BN
#param BK
#param RM
#param RN
#param A_TYPE
#param B_TYPE
#param C_TYPE
#param TRANSPOSE_A = false
#param TRANSPOSE_B = false
#param VEC_A
#param VEC_B
#param VEC_C
#param OUTPUT_BINDING = 2
#if A_TYPE == 'f16' || B_TYPE == 'f16' || C_TYPE == 'f16'
enable f16;
#end
#include common/epilogue
#let ACROSS = BN / RN
#let DOWN = BM / RM
#let THREADS = ACROSS * DOWN
#let BLOCKS_A = BM * BK / 16
#let BLOCKS = BLOCKS_A + BN * BK / 16

struct Params { m: u32, n: u32, k: u32, stride_a: u32, stride_b: u32 }

@group(0) @binding(0) var<storage, read> a: array<${VEC_A ? 'vec4<' : ''}${A_TYPE}${VEC_A ? '>' : ''}>;
@group(0) @binding(1) var<storage, read> b: array<${VEC_B ? 'vec4<' : ''}${B_TYPE}${VEC_B ? '>' : ''}>;
@group(0) @binding(${OUTPUT_BINDING}) var<storage, read_write> c: array<${VEC_C ? 'vec4<' : ''}${C_TYPE}${VEC_C ? '>' : ''}>;
@group(0) @binding(${OUTPUT_BINDING + 1}) var<uniform> params: Params;

// [k][row / 4] and [k][column / 4].
var<workgroup> tile_a: array<vec4f, ${BM * BK / 4}>;
var<workgroup> tile_b: array<vec4f, ${BN * BK / 4}>;

// Four neighbours of a line of A (a row, or a step of k if transposed); zero outside the matrix.
fn read_a(base: u32, line: u32, at: u32) -> vec4f {
  let width = ${TRANSPOSE_A ? 'params.m' : 'params.k'};
  if (line >= ${TRANSPOSE_A ? 'params.k' : 'params.m'} || at >= width) { return vec4f(); }
  let i = base + line * width + at;
#if VEC_A
  return vec4f(a[i / 4u]);
#else
  var x = vec4f();
  for (var e = 0u; e < min(4u, width - at); e++) { x[e] = f32(a[i + e]); }
  return x;
#end
}

fn read_b(base: u32, line: u32, at: u32) -> vec4f {
  let width = ${TRANSPOSE_B ? 'params.k' : 'params.n'};
  if (line >= ${TRANSPOSE_B ? 'params.n' : 'params.k'} || at >= width) { return vec4f(); }
  let i = base + line * width + at;
#if VEC_B
  return vec4f(b[i / 4u]);
#else
  var x = vec4f();
  for (var e = 0u; e < min(4u, width - at); e++) { x[e] = f32(b[i + e]); }
  return x;
#end
}

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = group.y * ${BM}u;
  let col = group.x * ${BN}u;
  let base_a = group.z * params.stride_a;
  let base_b = group.z * params.stride_b;
  let across = thread % ${ACROSS}u;
  let down = thread / ${ACROSS}u;
#for i in 0..RM
#for j in 0..RN / 4
  var c${i}_${j} = vec4f();
#end
#end

  for (var k = 0u; k < params.k; k += ${BK}u) {
    for (var block = thread; block < ${BLOCKS}u; block += ${THREADS}u) {
      if (block < ${BLOCKS_A}u) {
#if TRANSPOSE_A
        let x = block % ${BM / 4}u;
        let y = block / ${BM / 4}u;
        for (var u = 0u; u < 4u; u++) {
          tile_a[(4u * y + u) * ${BM / 4}u + x] = read_a(base_a, k + 4u * y + u, row + 4u * x);
        }
#else
        let x = block % ${BK / 4}u;
        let y = block / ${BK / 4}u;
        let turned = transpose(mat4x4f(
          read_a(base_a, row + 4u * y, k + 4u * x),
          read_a(base_a, row + 4u * y + 1u, k + 4u * x),
          read_a(base_a, row + 4u * y + 2u, k + 4u * x),
          read_a(base_a, row + 4u * y + 3u, k + 4u * x),
        ));
#for u in 0..4
        tile_a[(4u * x + ${u}u) * ${BM / 4}u + y] = turned[${u}];
#end
#end
      } else {
        let other = block - ${BLOCKS_A}u;
#if TRANSPOSE_B
        let x = other % ${BK / 4}u;
        let y = other / ${BK / 4}u;
        let turned = transpose(mat4x4f(
          read_b(base_b, col + 4u * y, k + 4u * x),
          read_b(base_b, col + 4u * y + 1u, k + 4u * x),
          read_b(base_b, col + 4u * y + 2u, k + 4u * x),
          read_b(base_b, col + 4u * y + 3u, k + 4u * x),
        ));
#for u in 0..4
        tile_b[(4u * x + ${u}u) * ${BN / 4}u + y] = turned[${u}];
#end
#else
        let x = other % ${BN / 4}u;
        let y = other / ${BN / 4}u;
        for (var u = 0u; u < 4u; u++) {
          tile_b[(4u * y + u) * ${BN / 4}u + x] = read_b(base_b, k + 4u * y + u, col + 4u * x);
        }
#end
      }
    }
    workgroupBarrier();
    for (var s = 0u; s < ${BK}u; s++) {
#for g in 0..RM / 4
      let a${g} = tile_a[s * ${BM / 4}u + ${g * DOWN}u + down];
#end
#for j in 0..RN / 4
      let b${j} = tile_b[s * ${BN / 4}u + ${j * ACROSS}u + across];
#for i in 0..RM
      c${i}_${j} += a${i / 4}[${i % 4}] * b${j};
#end
#end
    }
    workgroupBarrier();
  }

#for i in 0..RM
  {
    let r = row + ${i / 4 * 4 * DOWN + i % 4}u + 4u * down;
    if (r < params.m) {
      let line = (group.z * params.m + r) * params.n;
#for j in 0..RN / 4
      {
        let x = col + ${j * 4 * ACROSS}u + 4u * across;
#if VEC_C
        if (x < params.n) {
          let at = (line + x) / 4u;
          c[at] = vec4<${C_TYPE}>(apply_epilogue(c${i}_${j}, at, x / 4u));
        }
#else
#for e in 0..4
        if (x + ${e}u < params.n) { c[line + x + ${e}u] = ${C_TYPE}(apply_epilogue(c${i}_${j}[${e}], line + x + ${e}u, x + ${e}u)); }
#end
#end
      }
#end
    }
  }
#end
}
