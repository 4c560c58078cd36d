// Which frames cover a padded position, and their Σ w². Needs `params` {frames, hop, size} and `window`.

// ⌊a / b⌋ by way of f32, since integer division is slow on CPU-backed drivers; exact for quotients below 2^22.
fn quotient(a: u32, b: u32) -> u32 {
  var q = u32(f32(a) / f32(b));
  q -= select(0u, 1u, q * b > a);
  return q + select(0u, 1u, (q + 1u) * b <= a);
}

// Frames x … y − 1 cover position p.
fn covering(p: u32) -> vec2u {
  let first = quotient(max(p + 1u, params.size) - params.size + params.hop - 1u, params.hop);
  return vec2u(first, min(params.frames, quotient(p, params.hop) + 1u));
}

fn envelope(p: u32) -> f32 {
  let range = covering(p);
  var sum = 0.0;
  for (var t = range.x; t < range.y; t++) {
    let w = window[p - t * params.hop];
    sum += w * w;
  }
  return sum;
}
