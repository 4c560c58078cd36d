// Weight gradient of the convolution as an implicit matrix product for GPUs: rows are output channels, columns are
// (tap, input channel), the inner dimension runs over output pixels.
//
// 256 threads make 64 × 64 weights, 4×4 each, from the pixels of their split; steps of 16 pixels go through workgroup
// memory as vec4s of four channels. With several splits (split-K) the result is one partial sum a split, [split, O, KH, KW, I/groups]
// in f32, for `split-k-sum`. Layouts: as in `naive-weight-gradient.wgsl`. Grid: column tiles × row tiles × (splits · groups).
// The host guarantees nothing but the sizes.
#param X_TYPE
#param G_TYPE
#param W_TYPE
#param F16
// As in `tile.wgsl`.
#param UNROLL
#if F16
enable f16;
#end
#include conv/geometry

@group(0) @binding(0) var<storage, read> x: array<${X_TYPE}>;
@group(0) @binding(1) var<storage, read> g: array<${G_TYPE}>;
@group(0) @binding(2) var<storage, read_write> w: array<${W_TYPE}>;
@group(0) @binding(3) var<uniform> params: Params;

const STEP = 16;
var<workgroup> a_tile: array<vec4f, 256>;
var<workgroup> b_tile: array<vec4f, 256>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) tile: vec3u,
  @builtin(num_workgroups) tiles: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let thread = i32(local);
  let group = i32(tile.z) % params.groups;
  let split = i32(tile.z) / params.groups;
  let splits = i32(tiles.z) / params.groups;
  let depth = params.in_c / params.groups;
  let width = params.out_c / params.groups;
  let columns = params.kernel_h * params.kernel_w * depth;
  let across = thread % 16;
  let down = thread / 16;
  let first_row = i32(tile.y) * 64;
  let first_col = i32(tile.x) * 64;

#for c in 0..4
  let col${c} = min(first_col + across * 4 + ${c}, columns - 1);
  let dx${c} = (col${c} / depth) % params.kernel_w * params.dilation_w - params.pad_w;
  let dy${c} = col${c} / depth / params.kernel_w * params.dilation_h - params.pad_h;
  let channel${c} = group * depth + col${c} % depth;
  var sum${c} = vec4f();
#end

  let pixels = params.batch * params.out_h * params.out_w;
  let length = (pixels + splits - 1) / splits;
  let last = min(pixels, (split + 1) * length);
  for (var start = split * length; start < last; start += STEP) {
    let pixel = start + down;
    var a = vec4f();
    var b = vec4f();
    if (pixel < last) {
      let ox = pixel % params.out_w * params.stride_w;
      let oy = (pixel / params.out_w) % params.out_h * params.stride_h;
      let batch = pixel / (params.out_w * params.out_h);
#for c in 0..4
      if (first_row + across * 4 + ${c} < width) {
        a[${c}] = f32(g[pixel * params.out_c + group * width + first_row + across * 4 + ${c}]);
      }
      if (within(oy + dy${c}, params.in_h) && within(ox + dx${c}, params.in_w)) {
        b[${c}] = f32(x[((batch * params.in_h + oy + dy${c}) * params.in_w + ox + dx${c}) * params.in_c + channel${c}]);
      }
#end
    }
    workgroupBarrier();
    a_tile[thread] = a;
    b_tile[thread] = b;
    workgroupBarrier();
    for (var q = 0; q < ${UNROLL ? 'STEP' : 'min(STEP, last - start)'}; q++) {
      let left = a_tile[q * 16 + down];
      let right = b_tile[q * 16 + across];
#for r in 0..4
      sum${r} += left[${r}] * right;
#end
    }
  }

#for r in 0..4
  {
    let row = first_row + down * 4 + ${r};
    let to = (split * params.out_c + group * width + row) * columns + first_col + across * 4;
#for c in 0..4
    if (row < width && first_col + across * 4 + ${c} < columns) { w[to + ${c}] = ${W_TYPE}(sum${r}[${c}]); }
#end
  }
#end
}
