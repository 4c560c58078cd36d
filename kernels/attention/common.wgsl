// Bindings and parameters that every attention kernel shares. VECTOR reads q, k and v as vec4 (HEAD a multiple of 4), or, with
// TEXTURES = 3, as textures (kernels/texture-operand.ts).
//
// q, o: [batch, heads, queries, HEAD]; k, v: [batch, heads, keys, HEAD]; lse: [batch, heads, queries] in f32; mask:
// [batch|1, heads|1, queries|1, keys], added to the scaled scores, with a stride of 0 where it repeats.
#param TYPE
#param MASK_TYPE = ''
#param HEAD
#param TEXTURES = 0
#if TYPE == 'f16' || MASK_TYPE == 'f16'
enable f16;
#end
#let MASKED = MASK_TYPE != ''
#let AFTER = MASKED ? 4 : 3
#let ELEMENT = VECTOR && TYPE == 'f16' ? 'vec4<f16>' : VECTOR ? 'vec4f' : TYPE

struct Params {
  rows: u32,
  queries: u32,
  keys: u32,
  head: u32,
  scale: f32,
#if MASKED
  heads: u32,
  mask_batch: u32,
  mask_head: u32,
  mask_query: u32,
#end
#for i in 0..TEXTURES
  rows_per_texel_row_log2_${i}: u32,
#end
}

#if TEXTURES > 0
#let TEXELS = TYPE == 'f16' ? 'texture_storage_2d<rgba16float, read>' : 'texture_storage_2d<rgba32float, read>'
@group(0) @binding(0) var q: ${TEXELS};
@group(0) @binding(1) var k: ${TEXELS};
@group(0) @binding(2) var v: ${TEXELS};
#include common/texture
#else
@group(0) @binding(0) var<storage, read> q: array<${ELEMENT}>;
@group(0) @binding(1) var<storage, read> k: array<${ELEMENT}>;
@group(0) @binding(2) var<storage, read> v: array<${ELEMENT}>;
#end
#for i in 0..TEXTURES
var<private> rows_per_texel_row_log2_${i}: u32;
#end
#if VECTOR
#for b in 0..3
#let NAME = b == 0 ? 'q' : b == 1 ? 'k' : 'v'
// Columns 4x … 4x + 3 of a row.
fn load_${NAME}(row: u32, x: u32) -> vec4f {
#if TEXTURES > 0
  return textureLoad(${NAME}, texel(x, row, ${HEAD / 4}u, rows_per_texel_row_log2_${b}));
#else
  return vec4f(${NAME}[row * ${HEAD / 4}u + x]);
#end
}
#end
#end
#if MASKED
@group(0) @binding(3) var<storage, read> mask: array<${MASK_TYPE}>;
#end
@group(0) @binding(${AFTER}) var<storage, read_write> o: array<${ELEMENT}>;
@group(0) @binding(${AFTER + 1}) var<storage, read_write> lse: array<f32>;
@group(0) @binding(${AFTER + 2}) var<uniform> params: Params;

// Below every score: a masked-out key weighs nothing unless every key is masked out, when all weigh the same.
const LOWEST = -1e30;

#if MASKED
fn mask_at(head: u32, query: u32, key: u32) -> f32 {
  let at = head / params.heads * params.mask_batch + head % params.heads * params.mask_head + query * params.mask_query;
  return max(f32(mask[at + key]), LOWEST);
}
#end
