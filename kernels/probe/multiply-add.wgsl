// The device's arithmetic peak: a long chain of independent f32 multiply-adds that touches memory once at its end.
//
// Each invocation keeps CHAINS accumulators of vec4f in registers and updates each ROUNDS times; the results are summed
// and stored, so that nothing can be left out. Arithmetic: 2 · 4 · CHAINS · ROUNDS operations an invocation.
// The host gives one output element for each invocation.
#param CHAINS = 4
#param THREADS = 64

struct Params { rounds: u32, scale: f32, shift: f32 }

@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;

@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3u) {
  let x = vec4f(params.scale);
  let y = vec4f(params.shift);
#for c in 0..CHAINS
  var a${c} = vec4f(f32(id.x) + ${c}.0);
#end
  for (var round = 0u; round < params.rounds; round++) {
#for step in 0..8
#for c in 0..CHAINS
    a${c} = a${c} * x + y;
#end
#end
  }
  var sum = vec4f(0.0);
#for c in 0..CHAINS
  sum += a${c};
#end
  out[id.x] = sum.x + sum.y + sum.z + sum.w;
}
