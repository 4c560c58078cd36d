// AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2) in place, with an optional moving average of the weights:
//   g ← grad·gradScale·clip,  m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²,
//   p ← p − lr·((m / c₁) / (√(v / c₂) + ε) + decay·p),  ema ← d·ema + (1 − d)·p.
//
// hyper = [lr, β₁, β₂, ε, decay, c₁ = 1 − β₁ᵗ, c₂ = 1 − β₂ᵗ, d, gradScale] and clip [1] are tensors, so that a replayed plan
// takes new values. One unit of VEC elements a thread; the host guarantees that VEC divides the size.
#param GRAD_TYPE
#param EMA
#param VEC
#if GRAD_TYPE == 'f16'
enable f16;
#end
#include common/each
#if VEC == 4
alias Unit = vec4f;
alias Grad = vec4<${GRAD_TYPE}>;
#else
alias Unit = f32;
alias Grad = ${GRAD_TYPE};
#end

struct Params { items: u32 }

@group(0) @binding(0) var<storage, read_write> weights: array<Unit>;
@group(0) @binding(1) var<storage, read> grads: array<Grad>;
@group(0) @binding(2) var<storage, read_write> m: array<Unit>;
@group(0) @binding(3) var<storage, read_write> v: array<Unit>;
@group(0) @binding(4) var<storage, read> hyper: array<f32>;
@group(0) @binding(5) var<storage, read> clip: array<f32>;
#let NEXT = EMA ? 7 : 6
#if EMA
@group(0) @binding(6) var<storage, read_write> average: array<Unit>;
#end
@group(0) @binding(${NEXT}) var<uniform> params: Params;

fn each(i: u32) {
  if (i >= params.items) { return; }
  let g = Unit(grads[i]) * (hyper[8] * clip[0]);
  let first = hyper[1] * m[i] + (1.0 - hyper[1]) * g;
  let second = hyper[2] * v[i] + (1.0 - hyper[2]) * g * g;
  let old = weights[i];
  let updated = old - hyper[0] * ((first / hyper[5]) / (sqrt(second / hyper[6]) + hyper[3]) + hyper[4] * old);
  m[i] = first;
  v[i] = second;
  weights[i] = updated;
#if EMA
  average[i] = hyper[7] * average[i] + (1.0 - hyper[7]) * updated;
#end
}
