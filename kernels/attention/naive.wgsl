// Attention, one query a thread, in three passes over the keys (largest score, sum of exponentials, output): the reference
// implementation. The scores are computed anew for every group of four output columns rather than stored.
//
// Layouts in attention/common. The host guarantees one thread or more for each query of each head.
#let VECTOR = false
#include attention/common
#include common/each

fn score(head: u32, query: u32, key: u32) -> f32 {
  var sum = 0.0;
  for (var c = 0u; c < params.head; c++) {
    sum += f32(q[(head * params.queries + query) * params.head + c]) * f32(k[(head * params.keys + key) * params.head + c]);
  }
#if MASKED
  return max(sum * params.scale + mask_at(head, query, key), LOWEST);
#else
  return sum * params.scale;
#end
}

fn each(row: u32) {
  if (row >= params.rows) { return; }
  let head = row / params.queries;
  let query = row % params.queries;
  var top = LOWEST;
  for (var key = 0u; key < params.keys; key++) { top = max(top, score(head, query, key)); }
  var total = 0.0;
  for (var key = 0u; key < params.keys; key++) { total += exp(score(head, query, key) - top); }
  for (var c = 0u; c < params.head; c += 4u) {
    var sum = vec4f();
    for (var key = 0u; key < params.keys; key++) {
      let p = exp(score(head, query, key) - top);
      for (var e = 0u; e < min(4u, params.head - c); e++) { sum[e] += p * f32(v[(head * params.keys + key) * params.head + c + e]); }
    }
    for (var e = 0u; e < min(4u, params.head - c); e++) { o[row * params.head + c + e] = ${TYPE}(sum[e] / total); }
  }
  lse[row] = top + log(total);
}
