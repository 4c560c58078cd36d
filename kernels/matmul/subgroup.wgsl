// C[b] = epilogue(A[b] · B[b]) for drivers whose subgroup is one SIMD register of a CPU (lavapipe).
//
// A workgroup is one subgroup and computes TM rows × (LANES·TN) columns in registers, without workgroup memory or barriers.
// Four steps of K at a time, each lane loads vec4s of A and of B; a constant-index broadcast, which is one instruction
// there, then spreads each element of A over the lanes, which hold columns.
//
// Layouts as in matmul/naive. VEC_A, VEC_B: the contiguous dimension of the operand is a multiple of 4 and is read as vec4;
// otherwise element by element. VEC_C: lane l holds the columns 4l … 4l+3 of each block of 4·LANES and stores vec4s;
// otherwise it holds the columns l, LANES + l, ….
// Any M, N, K: past the edges the last row or column is computed again; K past the end counts as zero.
//
// TEXTURE_A, TEXTURE_B: the operand is a texture (kernels/texture-operand.ts), whose loads cost a third there.
//
// A_TILE_COLUMNS > 0: the workgroup first copies its rows of A, A_TILE_COLUMNS columns at most, to workgroup memory, from where a load costs
// half as much there, and then passes over `column_tiles` tiles of columns.
//
// The host guarantees: subgroups of exactly LANES lanes, TM a multiple of LANES; VEC_A and VEC_B only where the contiguous
// dimension is a multiple of 4, and always of textures; VEC_C only with VEC_B, where N and TN are multiples of 4, and always
// where B is then [K, N]; K_TAIL where K is no multiple of 4; with A_TILE_COLUMNS, that A is [M, K] with VEC_A and K at most A_TILE_COLUMNS.
#param LANES
#param TM
#param TN
#param A_TYPE
#param B_TYPE
#param C_TYPE
#param TRANSPOSE_A = false
#param TRANSPOSE_B = false
#param VEC_A
#param VEC_B
#param VEC_C
#param K_TAIL
#param TEXTURE_A = false
#param TEXTURE_B = false
#param A_TILE_COLUMNS = 0
#param OUTPUT_BINDING = 2
enable subgroups;
#if A_TYPE == 'f16' || B_TYPE == 'f16' || C_TYPE == 'f16'
enable f16;
#end
#include common/epilogue
#include common/texture
#let A_ROW = TRANSPOSE_A ? 'params.m' : 'params.k'
#let B_ROW = TRANSPOSE_B ? 'params.k' : 'params.n'
#let TILE_N = LANES * TN

struct Params {
  m: u32,
  n: u32,
  k: u32,
  // In rows as stored.
  stride_a: u32,
  stride_b: u32,
#if A_TILE_COLUMNS > 0
  column_tiles: u32,
#end
#if TEXTURE_A
  rows_per_texel_row_log2_0: u32,
#end
#if TEXTURE_B
  rows_per_texel_row_log2_1: u32,
#end
}

#if TEXTURE_A
@group(0) @binding(0) var a: texture_storage_2d<${A_TYPE == 'f16' ? 'rgba16float' : 'rgba32float'}, read>;
#elif VEC_A
@group(0) @binding(0) var<storage, read> a: array<vec4<${A_TYPE}>>;
#else
@group(0) @binding(0) var<storage, read> a: array<${A_TYPE}>;
#end
#if TEXTURE_B
@group(0) @binding(1) var b: texture_storage_2d<${B_TYPE == 'f16' ? 'rgba16float' : 'rgba32float'}, read>;
#elif VEC_B
@group(0) @binding(1) var<storage, read> b: array<vec4<${B_TYPE}>>;
#else
@group(0) @binding(1) var<storage, read> b: array<${B_TYPE}>;
#end
#if VEC_C
@group(0) @binding(${OUTPUT_BINDING}) var<storage, read_write> c: array<vec4<${C_TYPE}>>;
#else
@group(0) @binding(${OUTPUT_BINDING}) var<storage, read_write> c: array<${C_TYPE}>;
#end
@group(0) @binding(${OUTPUT_BINDING + 1}) var<uniform> params: Params;

// Four neighbours of a row as stored.
#if TEXTURE_A
var<private> quads_a: u32;
var<private> rows_log2_a: u32;
fn load_a(x: u32, row: u32) -> vec4f { return textureLoad(a, texel(x, row, quads_a, rows_log2_a)); }
#elif VEC_A
fn load_a(x: u32, row: u32) -> vec4f { return vec4f(a[row * (${A_ROW} / 4u) + x]); }
#end
#if TEXTURE_B
var<private> quads_b: u32;
var<private> rows_log2_b: u32;
fn load_b(x: u32, row: u32) -> vec4f { return textureLoad(b, texel(x, row, quads_b, rows_log2_b)); }
#elif VEC_B
fn load_b(x: u32, row: u32) -> vec4f { return vec4f(b[row * (${B_ROW} / 4u) + x]); }
#end

#if A_TILE_COLUMNS > 0
// [k / 4][row]
var<workgroup> a_tile: array<vec4f, ${A_TILE_COLUMNS / 4 * TM}>;

#end
@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
#if TEXTURE_A
  quads_a = ${A_ROW} / 4u;
  rows_log2_a = params.rows_per_texel_row_log2_0;
#end
#if TEXTURE_B
  quads_b = ${B_ROW} / 4u;
  rows_log2_b = params.rows_per_texel_row_log2_1;
#end
  let row = group.y * ${TM}u;
  let base_a = group.z * params.stride_a;
  let base_b = group.z * params.stride_b;
  // Where this lane reads: a row, or a place in each row, for each load of a step of K.
#if !TRANSPOSE_A
#for g in 0..TM / LANES
  let a_row${g} = base_a + min(row + ${g * LANES}u + lane, params.m - 1u);
#end
#elif VEC_A
#let A_LOADS = (TM + 4 * LANES - 1) / (4 * LANES)
#for g in 0..A_LOADS
  let a_x${g} = min(row / 4u + ${g * LANES}u + lane, params.m / 4u - 1u);
#end
#else
#for g in 0..TM / LANES
  let a_x${g} = min(row + ${g * LANES}u + lane, params.m - 1u);
#end
#end
#if A_TILE_COLUMNS > 0
  for (var q = 0u; q < params.k / 4u; q++) {
#for g in 0..TM / LANES
    a_tile[q * ${TM}u + ${g * LANES}u + lane] = load_a(q, a_row${g});
#end
  }
  workgroupBarrier();
  for (var step = 0u; step < params.column_tiles; step++) {
  let col = (group.x * params.column_tiles + step) * ${TILE_N}u;
  if (col >= params.n) { break; }
#else
  let col = group.x * ${TILE_N}u;
#end
#for i in 0..TM
#for j in 0..TN
  var c${i}_${j} = 0.0;
#end
#end
#if TRANSPOSE_B && VEC_C
#for j in 0..TN
  let b_row${j} = base_b + 4u * min(col / 4u + ${j / 4 * LANES}u + lane, params.n / 4u - 1u) + ${j % 4}u;
#end
#elif TRANSPOSE_B
#for j in 0..TN
  let b_row${j} = base_b + min(col + ${j * LANES}u + lane, params.n - 1u);
#end
#elif VEC_B
#for j in 0..TN / 4
  let b_x${j} = min(col / 4u + ${j * LANES}u + lane, params.n / 4u - 1u);
#end
#else
#for j in 0..TN
  let b_x${j} = min(col + ${j * LANES}u + lane, params.n - 1u);
#end
#end

  for (var k = 0u; k < params.k; k += 4u) {
#if K_TAIL
#for u in 0..4
    let k${u} = min(k + ${u}u, params.k - 1u);
#end
#else
#for u in 0..4
    let k${u} = k + ${u}u;
#end
#end
    // A: `a{g}[u]` for rows in lanes, or `a{u}_{g}` for rows along the contiguous dimension.
#if A_TILE_COLUMNS > 0
#for g in 0..TM / LANES
    let a${g} = a_tile[k / 4u * ${TM}u + ${g * LANES}u + lane];
#end
#elif !TRANSPOSE_A && VEC_A
#for g in 0..TM / LANES
    let a${g} = load_a(k / 4u, a_row${g});
#end
#elif !TRANSPOSE_A
#for g in 0..TM / LANES
    let a_at${g} = a_row${g} * params.k;
    var a${g} = vec4f(f32(a[a_at${g} + k0]), f32(a[a_at${g} + k1]), f32(a[a_at${g} + k2]), f32(a[a_at${g} + k3]));
#if K_TAIL
    a${g} = select(vec4f(), a${g}, vec4u(k, k + 1u, k + 2u, k + 3u) < vec4u(params.k));
#end
#end
#elif VEC_A
#for u in 0..4
#for g in 0..A_LOADS
    var a${u}_${g} = load_a(a_x${g}, base_a + k${u});
#if K_TAIL
    a${u}_${g} = select(vec4f(), a${u}_${g}, k + ${u}u < params.k);
#end
#end
#end
#else
#for u in 0..4
#for g in 0..TM / LANES
    var a${u}_${g} = f32(a[(base_a + k${u}) * params.m + a_x${g}]);
#if K_TAIL
    a${u}_${g} = select(0.0, a${u}_${g}, k + ${u}u < params.k);
#end
#end
#end
#end
    // B: `b{j}[u]` for [N, K], `b{u}_{j/4}[j%4]` or `b{u}_{j}` for [K, N].
#if TRANSPOSE_B && VEC_B
#for j in 0..TN
    let b${j} = load_b(k / 4u, b_row${j});
#end
#elif TRANSPOSE_B
#for j in 0..TN
    let b_at${j} = b_row${j} * params.k;
    let b${j} = vec4f(f32(b[b_at${j} + k0]), f32(b[b_at${j} + k1]), f32(b[b_at${j} + k2]), f32(b[b_at${j} + k3]));
#end
#elif VEC_B
#for u in 0..4
#for j in 0..TN / 4
    let b${u}_${j} = load_b(b_x${j}, base_b + k${u});
#end
#end
#else
#for u in 0..4
#for j in 0..TN
    let b${u}_${j} = f32(b[(base_b + k${u}) * params.n + b_x${j}]);
#end
#end
#end
#for i in 0..TM
    {
#for u in 0..4
#if !TRANSPOSE_A
      let x${u} = subgroupBroadcast(a${i / LANES}[${u}], ${i % LANES}u);
#elif VEC_A
      let x${u} = subgroupBroadcast(a${u}_${i / (4 * LANES)}[${i % 4}], ${(i / 4) % LANES}u);
#else
      let x${u} = subgroupBroadcast(a${u}_${i / LANES}, ${i % LANES}u);
#end
#end
#for j in 0..TN
#if TRANSPOSE_B
      c${i}_${j} = c${i}_${j} + x0 * b${j}[0] + x1 * b${j}[1] + x2 * b${j}[2] + x3 * b${j}[3];
#elif VEC_B
      c${i}_${j} = c${i}_${j} + x0 * b0_${j / 4}[${j % 4}] + x1 * b1_${j / 4}[${j % 4}] + x2 * b2_${j / 4}[${j % 4}] + x3 * b3_${j / 4}[${j % 4}];
#else
      c${i}_${j} = c${i}_${j} + x0 * b0_${j} + x1 * b1_${j} + x2 * b2_${j} + x3 * b3_${j};
#end
#end
    }
#end
  }

  // Past the last column a lane repeats it, so it stores the same value again: no guards are needed.
#if VEC_C
#for j in 0..TN / 4
  let col${j} = min(col / 4u + ${j * LANES}u + lane, params.n / 4u - 1u);
#end
#else
#for j in 0..TN
  let col${j} = min(col + ${j * LANES}u + lane, params.n - 1u);
#end
#end
#if OPERANDS > 0 || C_TYPE == 'f16'
  // A loop over a number of rows that drivers do not know: they spend seconds to minutes on TM copies of an epilogue that
  // reads operands or rounds, which are no faster.
#for j in 0..TN
  var sums${j} = array<f32, ${TM}>(
#for i in 0..TM
    c${i}_${j},
#end
  );
#end
  for (var i = 0u; i < min(${TM}u, params.m - row); i++) {
    let to = group.z * params.m + row + i;
#if VEC_C
#for j in 0..TN / 4
    {
      let at = to * (params.n / 4u) + col${j};
      let sum = vec4f(sums${4 * j}[i], sums${4 * j + 1}[i], sums${4 * j + 2}[i], sums${4 * j + 3}[i]);
      c[at] = vec4<${C_TYPE}>(apply_epilogue(sum, at, col${j}));
    }
#end
#else
#for j in 0..TN
    {
      let at = to * params.n + col${j};
      c[at] = ${C_TYPE}(apply_epilogue(sums${j}[i], at, col${j}));
    }
#end
#end
  }
#else
  // Rows past the edge repeat, too.
#for i in 0..TM
  {
#if TRANSPOSE_A && VEC_A
    let to = group.z * params.m + min(row + ${i / 4 * 4}u, params.m - 4u) + ${i % 4}u;
#else
    let to = group.z * params.m + min(row + ${i}u, params.m - 1u);
#end
#if VEC_C
#for j in 0..TN / 4
    {
      let at = to * (params.n / 4u) + col${j};
      c[at] = vec4<${C_TYPE}>(apply_epilogue(vec4f(c${i}_${4 * j}, c${i}_${4 * j + 1}, c${i}_${4 * j + 2}, c${i}_${4 * j + 3}), at, col${j}));
    }
#end
#else
#for j in 0..TN
    {
      let at = to * params.n + col${j};
      c[at] = ${C_TYPE}(apply_epilogue(c${i}_${j}, at, col${j}));
    }
#end
#end
  }
#end
#end
#if A_TILE_COLUMNS > 0
  }
#end
}
