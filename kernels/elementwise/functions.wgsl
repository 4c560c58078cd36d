// Scalar functions that WGSL lacks, for T = f32 or vec4f. Names end in the type, since WGSL has no overloading.
#param T = 'f32'

fn sigmoid_${T}(x: ${T}) -> ${T} {
  return 1.0 / (1.0 + exp(-x));
}

fn silu_${T}(x: ${T}) -> ${T} {
  return x / (1.0 + exp(-x));
}

fn silu_slope_${T}(x: ${T}) -> ${T} {
  let s = 1.0 / (1.0 + exp(-x));
  return s * (1.0 + x * (1.0 - s));
}

// tanh of some drivers overflows past |x| ≈ 44: its limits are reached in f32 by 10.
fn safe_tanh_${T}(x: ${T}) -> ${T} {
  return tanh(clamp(x, ${T}(-10.0), ${T}(10.0)));
}

// erf by Abramowitz & Stegun 7.1.26 is good to 1.5e-7, the rounding of f32.
fn erf_${T}(x: ${T}) -> ${T} {
  let a = abs(x);
  let t = 1.0 / (1.0 + 0.3275911 * a);
  let p = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - p * exp(-a * a));
}

fn gelu_${T}(x: ${T}) -> ${T} {
  return 0.5 * x * (1.0 + erf_${T}(x * 0.70710678118));
}

fn gelu_slope_${T}(x: ${T}) -> ${T} {
  return 0.5 * (1.0 + erf_${T}(x * 0.70710678118)) + x * exp(-0.5 * x * x) * 0.39894228040;
}

fn quick_gelu_${T}(x: ${T}) -> ${T} {
  return x / (1.0 + exp(-1.702 * x));
}

fn softplus_${T}(x: ${T}) -> ${T} {
  return max(x, ${T}(0.0)) + log(1.0 + exp(-abs(x)));
}

// WGSL's pow of a negative base is NaN; the base is clamped, since every use of it here is of a magnitude.
fn safe_pow_${T}(x: ${T}, y: ${T}) -> ${T} {
  return pow(max(x, ${T}(0.0)), y);
}
