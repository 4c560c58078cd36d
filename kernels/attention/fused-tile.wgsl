// Attention for GPUs, with no buffer of scores: an online softmax over tiles of 32 keys (Dao et al. 2022).
//
// A workgroup of 8 × 8 threads holds 32 queries. Thread (down, across) computes the scores of the queries down + 8i and the
// keys across + 8j, i, j < 4, from Q and K staged 32 columns at a time; one thread a query turns them into probabilities;
// then each thread sums its four queries' columns 4·(across + 8c) over chunk c of V, staged where K was.
//
// Layouts in attention/common. Any sizes: what lies outside is read as zero, masked out and not stored. The host guarantees
// a grid of [queries / 32 rounded up, batch · heads].
#param HEAD
#let VECTOR = HEAD % 4 == 0
#include attention/common
#let CHUNKS = (HEAD + 31) / 32
// Rows of 8 vec4s, padded so that threads of neighbouring rows meet different banks.
#let PITCH = 9

var<workgroup> q_tile: array<vec4f, ${32 * PITCH}>;
var<workgroup> kv_tile: array<vec4f, ${32 * PITCH}>;
var<workgroup> p_tile: array<f32, ${32 * 33}>;
// What each query's earlier sums are scaled by; at the end, what they are divided by.
var<workgroup> factor: array<f32, 32>;

#for b in 0..3
#let NAME = b == 0 ? 'q' : b == 1 ? 'k' : 'v'
fn read_${NAME}(row: u32, inside: bool, column: u32) -> vec4f {
  if (!inside || column >= ${HEAD}u) { return vec4f(); }
#if VECTOR
  return load_${NAME}(row, column / 4u);
#else
  var x = vec4f();
  for (var e = 0u; e < min(4u, ${HEAD}u - column); e++) { x[e] = f32(${NAME}[row * ${HEAD}u + column + e]); }
  return x;
#end
}

#end
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let head = group.y;
  let first_query = group.x * 32u;
  let down = thread / 8u;
  let across = thread % 8u;
  var top = LOWEST;
  var total = 0.0;
#for i in 0..4
#for c in 0..CHUNKS
  var o${i}_${c} = vec4f();
#end
#end

  for (var first = 0u; first < params.keys; first += 32u) {
#for i in 0..4
    var s${i} = vec4f();
#end
    for (var column = 0u; column < ${HEAD}u; column += 32u) {
      for (var i = thread; i < 256u; i += 64u) {
        let line = i / 8u;
        let x = i % 8u;
        let query = first_query + line;
        let key = first + line;
        q_tile[line * ${PITCH}u + x] = read_q(head * params.queries + query, query < params.queries, column + 4u * x);
        kv_tile[line * ${PITCH}u + x] = read_k(head * params.keys + key, key < params.keys, column + 4u * x);
      }
      workgroupBarrier();
      for (var x = 0u; x < 8u; x++) {
#for j in 0..4
        let k${j} = kv_tile[(across + ${8 * j}u) * ${PITCH}u + x];
#end
#for i in 0..4
        {
          let q = q_tile[(down + ${8 * i}u) * ${PITCH}u + x];
          s${i} += vec4f(dot(q, k0), dot(q, k1), dot(q, k2), dot(q, k3));
        }
#end
      }
      workgroupBarrier();
    }
#for i in 0..4
#for j in 0..4
    {
      let query = first_query + down + ${8 * i}u;
      let key = first + across + ${8 * j}u;
      var s = LOWEST;
      if (key < params.keys && query < params.queries) {
#if MASKED
        s = max(s${i}[${j}] * params.scale + mask_at(head, query, key), LOWEST);
#else
        s = s${i}[${j}] * params.scale;
#end
      }
      p_tile[(down + ${8 * i}u) * 33u + across + ${8 * j}u] = s;
    }
#end
#end
    workgroupBarrier();
    if (thread < 32u) {
      let keys = min(32u, params.keys - first);
      var next = top;
      for (var key = 0u; key < keys; key++) { next = max(next, p_tile[thread * 33u + key]); }
      let fade = exp(top - next);
      total *= fade;
      for (var key = 0u; key < 32u; key++) {
        var p = 0.0;
        if (key < keys) { p = exp(p_tile[thread * 33u + key] - next); }
        p_tile[thread * 33u + key] = p;
        total += p;
      }
      top = next;
      factor[thread] = fade;
    }
    workgroupBarrier();
#for i in 0..4
    let fade${i} = factor[down + ${8 * i}u];
#end
#for c in 0..CHUNKS
    for (var i = thread; i < 256u; i += 64u) {
      let line = i / 8u;
      let x = i % 8u;
      let key = first + line;
      kv_tile[line * ${PITCH}u + x] = read_v(head * params.keys + key, key < params.keys, ${32 * c}u + 4u * x);
    }
    workgroupBarrier();
#for i in 0..4
    o${i}_${c} *= fade${i};
#end
    for (var key = 0u; key < 32u; key++) {
      let v = kv_tile[key * ${PITCH}u + across];
#for i in 0..4
      o${i}_${c} += p_tile[(down + ${8 * i}u) * 33u + key] * v;
#end
    }
    workgroupBarrier();
#end
  }

  if (thread < 32u) {
    factor[thread] = 1.0 / total;
    let query = first_query + thread;
    if (query < params.queries) { lse[head * params.queries + query] = top + log(total); }
  }
  workgroupBarrier();
#for i in 0..4
  {
    let query = first_query + down + ${8 * i}u;
    if (query < params.queries) {
      let at = (head * params.queries + query) * ${HEAD}u;
#for c in 0..CHUNKS
      {
        let column = 4u * across + ${32 * c}u;
        let y = o${i}_${c} * factor[down + ${8 * i}u];
#if VECTOR
        if (column < ${HEAD}u) { o[(at + column) / 4u] = ${TYPE == 'f16' ? 'vec4<f16>' : 'vec4f'}(y); }
#else
#for e in 0..4
        if (column + ${e}u < ${HEAD}u) { o[at + column + ${e}u] = ${TYPE}(y[${e}]); }
#end
#end
      }
#end
    }
  }
#end
}
