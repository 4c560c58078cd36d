// Attention for drivers whose subgroup is one SIMD register of a CPU (lavapipe), with no buffer of scores.
//
// A workgroup is one subgroup; it holds TM queries and passes over the keys in tiles of KEYS = 4·LANES with an online
// softmax (Milakov & Gimelshein 2018, Dao et al. 2022). Scores: rows are queries, lanes are keys, and a constant-index
// broadcast spreads each element of Q, as in matmul/subgroup. Output: lanes hold four neighbouring columns of V each, and
// the probabilities are broadcast; eight keys at a time, so that the unrolled code stays in the instruction cache.
//
// Layouts in attention/common. Any number of queries and keys: queries past the end repeat the last one, keys past the end
// have probability 0. The host guarantees subgroups of exactly LANES lanes, TM a multiple of LANES, HEAD a multiple of 4.
#param LANES
#param TM
enable subgroups;
#let VECTOR = true
#include attention/common
#let KEYS = 4 * LANES
#let HEAD4 = HEAD / 4
#let GROUPS = (HEAD4 + LANES - 1) / LANES

@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
#for i in 0..TEXTURES
  rows_per_texel_row_log2_${i} = params.rows_per_texel_row_log2_${i};
#end
  let head = group.y;
  let row = group.x * ${TM}u;
#for i in 0..TM
  let query${i} = min(row + ${i}u, params.queries - 1u);
  var top${i} = LOWEST;
  var total${i} = 0.0;
#for c in 0..GROUPS
  var o${i}_${c} = vec4f();
#end
#end
#for g in 0..TM / LANES
  let q_row${g} = head * params.queries + min(row + ${g * LANES}u + lane, params.queries - 1u);
#end
#for c in 0..GROUPS
  let column${c} = min(${c * LANES}u + lane, ${HEAD4 - 1}u);
#end

  for (var first = 0u; first < params.keys; first += ${KEYS}u) {
#for j in 0..4
    let key${j} = min(first + ${j * LANES}u + lane, params.keys - 1u);
#end
#for i in 0..TM
    var s${i} = vec4f();
#end
    for (var c = 0u; c < ${HEAD4}u; c++) {
#for g in 0..TM / LANES
      let q${g} = load_q(q_row${g}, c);
#end
#for j in 0..4
      let k${j} = load_k(head * params.keys + key${j}, c);
#end
#for i in 0..TM
      {
#for e in 0..4
        let x${e} = subgroupBroadcast(q${i / LANES}[${e}], ${i % LANES}u);
#end
        s${i} += vec4f(
#for j in 0..4
          x0 * k${j}[0] + x1 * k${j}[1] + x2 * k${j}[2] + x3 * k${j}[3],
#end
        );
      }
#end
    }
    let inside = vec4u(first) + vec4u(${0 * LANES}u, ${LANES}u, ${2 * LANES}u, ${3 * LANES}u) + lane < vec4u(params.keys);
#for i in 0..TM
    {
#if MASKED
      let added = vec4f(
#for j in 0..4
        mask_at(head, query${i}, key${j}),
#end
      );
      let t = select(vec4f(LOWEST), max(s${i} * params.scale + added, vec4f(LOWEST)), inside);
#else
      let t = select(vec4f(LOWEST), s${i} * params.scale, inside);
#end
      let next = max(top${i}, subgroupMax(max(max(t.x, t.y), max(t.z, t.w))));
      let fade = exp(top${i} - next);
      top${i} = next;
      let p = select(vec4f(), exp(t - next), inside);
      total${i} = total${i} * fade + p.x + p.y + p.z + p.w;
      s${i} = p;
#for c in 0..GROUPS
      o${i}_${c} *= fade;
#end
    }
#end
    for (var j = 0u; j < 4u; j++) {
#for i in 0..TM
      let p${i} = select(select(s${i}.w, s${i}.z, j == 2u), select(s${i}.y, s${i}.x, j == 0u), j < 2u);
#end
      let base = first + j * ${LANES}u;
#for e in 0..LANES / 4
      {
#for u in 0..4
        let v_row${u} = head * params.keys + min(base + ${4 * e + u}u, params.keys - 1u);
#for c in 0..GROUPS
        let v${u}_${c} = load_v(v_row${u}, column${c});
#end
#end
#for i in 0..TM
        {
#for u in 0..4
          let x${u} = subgroupBroadcast(p${i}, ${4 * e + u}u);
#end
#for c in 0..GROUPS
          o${i}_${c} = o${i}_${c} + x0 * v0_${c} + x1 * v1_${c} + x2 * v2_${c} + x3 * v3_${c};
#end
        }
#end
      }
#end
    }
  }

#for i in 0..TM
  {
    let sum = subgroupAdd(total${i});
    let at = head * params.queries + query${i};
#for c in 0..GROUPS
    o[at * ${HEAD4}u + column${c}] = ${TYPE == 'f16' ? 'vec4<f16>' : 'vec4f'}(o${i}_${c} / sum);
#end
    lse[at] = top${i} + log(sum);
  }
#end
}
