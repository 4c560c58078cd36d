// dweight[c] = Σ dy·x̂ and dbias[c] = Σ dy over all positions, x̂ = (x − mean)·rstd; one thread for VEC channels and a chunk
// of the positions. Results are [chunks, channels]; with several chunks reduce/column sums them.
//
// Layouts: x and dy are [positions, channels]; position p belongs to batch p / spatial, channel c to group c / width, mean and
// rstd are [batch, groups]. Channel sizes are in units of VEC; the host guarantees VEC | width.
#param X_TYPE
#param OUT_TYPE
#param VEC
#if X_TYPE == 'f16' || OUT_TYPE == 'f16'
enable f16;
#end
#include common/index
#if VEC == 4
alias Unit = vec4<${X_TYPE}>;
alias Out = vec4<${OUT_TYPE}>;
alias F = vec4f;
#else
alias Unit = ${X_TYPE};
alias Out = ${OUT_TYPE};
alias F = f32;
#end

struct Params { positions: u32, spatial: u32, groups: u32, width: u32, chunk: u32, chunks: u32 }

@group(0) @binding(0) var<storage, read> x: array<Unit>;
@group(0) @binding(1) var<storage, read> dy: array<Unit>;
@group(0) @binding(2) var<storage, read> means: array<f32>;
@group(0) @binding(3) var<storage, read> rstds: array<f32>;
@group(0) @binding(4) var<storage, read_write> dweight: array<Out>;
@group(0) @binding(5) var<storage, read_write> dbias: array<Out>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let channels = params.groups * params.width;
  let i = flat_group(group, groups) * 64u + lane;
  if (i >= params.chunks * channels) { return; }
  let channel = i % channels;
  let first = (i / channels) * params.chunk;
  let stop = min(first + params.chunk, params.positions);
  var weight_sum = F(0.0);
  var bias_sum = F(0.0);
  var row = (first / params.spatial) * params.groups + channel / params.width;
  var within = first % params.spatial;
  for (var p = first; p < stop; p++) {
    let g = F(dy[p * channels + channel]);
    weight_sum += g * (F(x[p * channels + channel]) - means[row]) * rstds[row];
    bias_sum += g;
    within += 1u;
    if (within == params.spatial) {
      within = 0u;
      row += params.groups;
    }
  }
  dweight[i] = Out(weight_sum);
  dbias[i] = Out(bias_sum);
}
