// average ← decay·average + (1 − decay)·x in place; decay is a tensor [1]. One unit of VEC elements a thread.
#param VEC
#include common/each
#if VEC == 4
alias Unit = vec4f;
#else
alias Unit = f32;
#end

struct Params { items: u32 }

@group(0) @binding(0) var<storage, read_write> average: array<Unit>;
@group(0) @binding(1) var<storage, read> x: array<Unit>;
@group(0) @binding(2) var<storage, read> decay: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

fn each(i: u32) {
  if (i >= params.items) { return; }
  average[i] = decay[0] * average[i] + (1.0 - decay[0]) * x[i];
}
