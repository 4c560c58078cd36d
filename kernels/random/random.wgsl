// Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
//
// Block b of four words is a function of key = seed and counter = (first + row·row_blocks + b, step, stream, domain) alone,
// so the numbers are the same whatever the adapter and the workgroups, and a part of a longer sequence of rows has that
// sequence's numbers. KIND 'bits': the words. 'uniform': [0, 1) in steps of 2⁻²⁴, exact.
// 'normal': Box–Muller on word pairs. One block a thread; the last may be cut.
#param KIND
#param TYPE
#if TYPE == 'f16'
enable f16;
#end
#include common/each

struct Params { count: u32, first: u32, row_blocks: u32, stream: u32, domain: u32 }

@group(0) @binding(0) var<storage, read> seed: array<u32>;
@group(0) @binding(1) var<storage, read> step: array<u32>;
@group(0) @binding(2) var<storage, read> row: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<${TYPE}>;
@group(0) @binding(4) var<uniform> params: Params;

/// High (.x) and low (.y) words of a 64-bit product, from 16-bit halves.
fn multiply_wide(a: u32, b: u32) -> vec2u {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let cross = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return vec2u((a >> 16u) * (b >> 16u) + (middle >> 16u) + (cross >> 16u), a * b);
}

fn philox(start: vec4u, start_key: vec2u) -> vec4u {
  var counter = start;
  var key = start_key;
  for (var round = 0u; round < 10u; round++) {
    let a = multiply_wide(0xd2511f53u, counter.x);
    let b = multiply_wide(0xcd9e8d57u, counter.z);
    counter = vec4u(b.x ^ counter.y ^ key.x, b.y, a.x ^ counter.w ^ key.y, a.y);
    key += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return counter;
}

/// Multiples of 2⁻²⁴ in [0, 1).
fn unit(word: u32) -> f32 {
  return f32(word >> 8u) * 5.9604644775390625e-8;
}

/// Two normals from two words; 1 − u is in (0, 1], so the logarithm is finite, and the angle is within ±π, where every
/// driver's sine is at its best.
fn box_muller(a: u32, b: u32) -> vec2f {
  let radius = sqrt(-2.0 * log(1.0 - unit(a)));
  let angle = 6.283185307179586 * (unit(b) - 0.5);
  return radius * vec2f(cos(angle), sin(angle));
}

fn each(block: u32) {
  if (block * 4u >= params.count) { return; }
  let start = params.first + row[0] * params.row_blocks;
  let words = philox(vec4u(start + block, step[0], params.stream, params.domain), vec2u(seed[0], seed[1]));
#if KIND == 'bits'
  let values = words;
#elif KIND == 'uniform'
  let values = vec4f(unit(words.x), unit(words.y), unit(words.z), unit(words.w));
#else
  let values = vec4f(box_muller(words.x, words.y), box_muller(words.z, words.w));
#end
  for (var k = 0u; k < min(4u, params.count - block * 4u); k++) { y[block * 4u + k] = ${TYPE}(values[k]); }
}
