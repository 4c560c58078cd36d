// C[b] = epilogue(A[b] · B[b]) on matrix units: f16 × f16, summed in f32.
//
// A workgroup has four subgroups in a 2 × 2 square; each computes 2 × 2 fragments of FM × FN, reading fragments of A and B
// straight from storage (a transposed operand is read column-major). The sums go through workgroup memory, since a
// fragment's elements have no known lanes, and are finished and stored by all threads.
//
// Layouts as in matmul/naive. The host guarantees a device that lists FM × FN × FK with f16 components and f32 results,
// subgroups of exactly LANES lanes, M a multiple of 4·FM, N of 4·FN (and of 4) and K of FK.
#param LANES
#param FM
#param FN
#param FK
#param C_TYPE
#param TRANSPOSE_A = false
#param TRANSPOSE_B = false
#param OUTPUT_BINDING = 2
enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
// Offsets are uniform in each subgroup, as fragments need, but the analysis knows only whole workgroups.
diagnostic(off, chromium.subgroup_matrix_uniformity);
#include common/epilogue
#let THREADS = 4 * LANES
#let WIDTH = 4 * FN

struct Params { m: u32, n: u32, k: u32, stride_a: u32, stride_b: u32 }

@group(0) @binding(0) var<storage, read> a: array<f16>;
@group(0) @binding(1) var<storage, read> b: array<f16>;
@group(0) @binding(${OUTPUT_BINDING}) var<storage, read_write> c: array<vec4<${C_TYPE}>>;
@group(0) @binding(${OUTPUT_BINDING + 1}) var<uniform> params: Params;

var<workgroup> sums: array<f32, ${4 * FM * WIDTH}>;

alias Left = subgroup_matrix_left<f16, ${FK}, ${FM}>;
alias Right = subgroup_matrix_right<f16, ${FN}, ${FK}>;
alias Result = subgroup_matrix_result<f32, ${FN}, ${FM}>;

@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let part = thread / ${LANES}u;
  let row = group.y * ${4 * FM}u;
  let col = group.x * ${4 * FN}u;
  let my_row = part / 2u * ${2 * FM}u;
  let my_col = part % 2u * ${2 * FN}u;
  let base_a = group.z * params.stride_a;
  let base_b = group.z * params.stride_b;
#for i in 0..2
#for j in 0..2
  var c${i}_${j}: Result;
#end
#end
  for (var k = 0u; k < params.k; k += ${FK}u) {
#for i in 0..2
#if TRANSPOSE_A
    let a${i} = subgroupMatrixLoad<Left, col_major>(&a, base_a + k * params.m + row + my_row + ${i * FM}u, params.m);
#else
    let a${i} = subgroupMatrixLoad<Left, row_major>(&a, base_a + (row + my_row + ${i * FM}u) * params.k + k, params.k);
#end
#end
#for j in 0..2
#if TRANSPOSE_B
    let b${j} = subgroupMatrixLoad<Right, col_major>(&b, base_b + (col + my_col + ${j * FN}u) * params.k + k, params.k);
#else
    let b${j} = subgroupMatrixLoad<Right, row_major>(&b, base_b + k * params.n + col + my_col + ${j * FN}u, params.n);
#end
#end
#for i in 0..2
#for j in 0..2
    c${i}_${j} = subgroupMatrixMultiplyAccumulate(a${i}, b${j}, c${i}_${j});
#end
#end
  }
#for i in 0..2
#for j in 0..2
  subgroupMatrixStore<row_major>(&sums, (my_row + ${i * FM}u) * ${WIDTH}u + my_col + ${j * FN}u, c${i}_${j}, ${WIDTH}u);
#end
#end
  workgroupBarrier();
  for (var i = thread; i < ${4 * FM * WIDTH / 4}u; i += ${THREADS}u) {
    let r = i / ${WIDTH / 4}u;
    let x = col / 4u + i % ${WIDTH / 4}u;
    let at = (group.z * params.m + row + r) * (params.n / 4u) + x;
    c[at] = vec4<${C_TYPE}>(apply_epilogue(vec4f(sums[4u * i], sums[4u * i + 1u], sums[4u * i + 2u], sums[4u * i + 3u]), at, x));
  }
}
