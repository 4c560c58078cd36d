// Convolution (or, with ADJOINT, its adjoint in the input) as an implicit matrix product for GPUs: rows are pixels of the
// result, columns its channels, the inner dimension runs over (tap, source channel).
//
// 256 threads make 64 pixels × 64 channels, 4×4 each. Steps of 16 along the inner dimension go through workgroup memory,
// as vec4s of four rows or four columns; rows of 17 vec4s keep neighbouring threads on different banks. Gathers that miss
// the source count as zero. With ADJOINT the rows of a workgroup share their place modulo the stride (the phase), and the
// inner dimension runs over the taps that reach this phase alone.
//
// Layouts: as in `naive.wgsl` and `naive-input-gradient.wgsl`. Grid: row tiles × column tiles × (phases · groups).
// The host guarantees WIDE only where the result channels of a group divide by 4. All sizes may be ragged.
#param ADJOINT
#param WIDE
#param SOURCE_TYPE
#param WEIGHT_TYPE
#param RESULT_TYPE
#param F16
#param OUTPUT_BINDING = 2
// Off, the steps are a loop of a length that drivers do not know: software drivers take seconds to compile an unrolled one.
#param UNROLL
#if F16
enable f16;
#end
#include conv/geometry
#include common/epilogue

@group(0) @binding(0) var<storage, read> source: array<${SOURCE_TYPE}>;
@group(0) @binding(1) var<storage, read> weights: array<${WEIGHT_TYPE}>;
@group(0) @binding(${OUTPUT_BINDING}) var<storage, read_write> result: array<${WIDE ? 'vec4<' : ''}${RESULT_TYPE}${WIDE ? '>' : ''}>;
@group(0) @binding(${OUTPUT_BINDING + 1}) var<uniform> params: Params;

const STEP = 16;
const PITCH = 17;
var<workgroup> a_tile: array<vec4f, ${16 * 17}>;
var<workgroup> b_tile: array<vec4f, ${16 * 17}>;

#if ADJOINT
// Taps along one axis that a phase is reached by: the first, the distance to the next, and how many there are.
struct Hits { first: i32, period: i32, count: i32 }

fn hits(reach: i32, kernel: i32, dilation: i32, stride: i32) -> Hits {
  var first = kernel;
  var second = kernel;
  for (var k = 0; k < kernel; k++) {
    if ((reach - k * dilation) % stride != 0) { continue; }
    if (first < kernel) {
      second = k;
      break;
    }
    first = k;
  }
  let period = max(1, second - first);
  return Hits(first, period, (kernel - first + period - 1) / period);
}

#end
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) tile: vec3u, @builtin(local_invocation_index) local: u32) {
  let thread = i32(local);
  let group = i32(tile.z) % params.groups;
#if ADJOINT
  let channels = params.out_c;
  let depth = params.out_c / params.groups;
  let width = params.in_c / params.groups;
  let source_h = params.out_h;
  let source_w = params.out_w;
  let phase = i32(tile.z) / params.groups;
  let phase_y = phase / params.stride_w;
  let phase_x = phase % params.stride_w;
  let result_h = (params.in_h - phase_y + params.stride_h - 1) / params.stride_h;
  let result_w = (params.in_w - phase_x + params.stride_w - 1) / params.stride_w;
  let hits_y = hits(phase_y + params.pad_h, params.kernel_h, params.dilation_h, params.stride_h);
  let hits_x = hits(phase_x + params.pad_w, params.kernel_w, params.dilation_w, params.stride_w);
  let inner = hits_y.count * hits_x.count * depth;
#else
  let channels = params.in_c;
  let depth = params.in_c / params.groups;
  let width = params.out_c / params.groups;
  let source_h = params.in_h;
  let source_w = params.in_w;
  let result_h = params.out_h;
  let result_w = params.out_w;
  let inner = params.kernel_h * params.kernel_w * depth;
#end
  let rows = params.batch * result_h * result_w;
  let first_row = i32(tile.x) * 64;
  if (first_row >= rows) { return; }
  let first_col = i32(tile.y) * 64;
  let across = thread % 16;
  let down = thread / 16;

  // The four pixels that this thread gathers.
#for r in 0..4
  let row${r} = min(first_row + down * 4 + ${r}, rows - 1);
#if ADJOINT
  let x${r} = row${r} % result_w;
  let y${r} = (row${r} / result_w) % result_h;
#else
  let x${r} = row${r} % result_w * params.stride_w - params.pad_w;
  let y${r} = (row${r} / result_w) % result_h * params.stride_h - params.pad_h;
#end
  let batch${r} = row${r} / (result_w * result_h);
  var sum${r} = vec4f();
#end

  for (var start = 0; start < inner; start += STEP) {
    var a = vec4f();
    let k = start + across;
    let tap = k / depth;
    let channel = group * depth + k % depth;
#if ADJOINT
    let reach_y = (phase_y + params.pad_h - (hits_y.first + tap / hits_x.count * hits_y.period) * params.dilation_h) / params.stride_h;
    let reach_x = (phase_x + params.pad_w - (hits_x.first + tap % hits_x.count * hits_x.period) * params.dilation_w) / params.stride_w;
#else
    let reach_y = tap / params.kernel_w * params.dilation_h;
    let reach_x = tap % params.kernel_w * params.dilation_w;
#end
    if (k < inner) {
#for r in 0..4
      {
        let y = y${r} + reach_y;
        let x = x${r} + reach_x;
        if (within(y, source_h) && within(x, source_w)) { a[${r}] = f32(source[((batch${r} * source_h + y) * source_w + x) * channels + channel]); }
      }
#end
    }
    var b = vec4f();
#if ADJOINT
    // Weights are contiguous along the columns: neighbouring threads take neighbouring columns.
    let w_k = start + down;
    let w_col = first_col + across * 4;
    let w_tap = w_k / depth;
    let ky = hits_y.first + w_tap / hits_x.count * hits_y.period;
    let kx = hits_x.first + w_tap % hits_x.count * hits_x.period;
    let w_at = (((group * depth + w_k % depth) * params.kernel_h + ky) * params.kernel_w + kx) * width + w_col;
#for r in 0..4
    if (w_k < inner && w_col + ${r} < width) { b[${r}] = f32(weights[w_at + ${r}]); }
#end
#else
    let w_col = first_col + down * 4;
#for r in 0..4
    if (k < inner && w_col + ${r} < width) { b[${r}] = f32(weights[(group * width + w_col + ${r}) * inner + k]); }
#end
#end
    workgroupBarrier();
    a_tile[across * PITCH + down] = a;
#if ADJOINT
    b_tile[down * PITCH + across] = b;
#else
    b_tile[across * PITCH + down] = b;
#end
    workgroupBarrier();
    for (var q = 0; q < ${UNROLL ? 'STEP' : 'min(STEP, inner - start)'}; q++) {
      let left = a_tile[q * PITCH + down];
      let right = b_tile[q * PITCH + across];
#for r in 0..4
      sum${r} += left[${r}] * right;
#end
    }
  }

  let col = first_col + across * 4;
  let channel = group * width + col;
  // A loop, so that the epilogue is compiled once and not for each element.
  var sums = array<vec4f, 4>(sum0, sum1, sum2, sum3);
#if ADJOINT
  var pixels = array<i32, 4>(
#for r in 0..4
    (batch${r} * params.in_h + y${r} * params.stride_h + phase_y) * params.in_w + x${r} * params.stride_w + phase_x,
#end
  );
#end
  for (var r = 0; r < min(4, rows - first_row - down * 4); r++) {
    let to = ${ADJOINT ? 'pixels[r]' : '(first_row + down * 4 + r)'} * width * params.groups + channel;
#if WIDE
    if (col < width) { result[to / 4] = vec4<${RESULT_TYPE}>(apply_epilogue(sums[r], u32(to / 4), u32(channel / 4))); }
#else
    for (var c = 0; c < min(4, width - col); c++) {
      result[to + c] = ${RESULT_TYPE}(apply_epilogue(sums[r][c], u32(to + c), u32(channel + c)));
    }
#end
  }
}
