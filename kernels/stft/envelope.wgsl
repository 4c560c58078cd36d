// Σ w² over the frames that cover padded position p. Needs `params` {frames, hop, size} and `window`.
fn envelope(p: u32) -> f32 {
  let first = (max(p + 1u, params.size) - params.size + params.hop - 1u) / params.hop;
  let end = min(params.frames, p / params.hop + 1u);
  var sum = 0.0;
  for (var t = first; t < end; t++) {
    let w = window[p - t * params.hop];
    sum += w * w;
  }
  return sum;
}
