// Resize of both image axes at once, one output element (or, with VEC = 4, four channels) a thread; with ADJOINT its
// transpose: what each element of x receives when y[b, oy, ox, c] is spread back over its window.
//
// Layouts: [B, H, W, C] on both sides; `in` is the side the kernel reads. See `filter.wgsl` for the methods.
// The host guarantees that C divides by VEC, and nothing else.
#param ADJOINT
#param VEC
#param IN_TYPE
#param OUT_TYPE
#param F16
#if F16
enable f16;
#end
#include common/each
#include resize/filter
#let V = VEC == 4 ? 'vec4f' : 'f32'

struct Params { batch: i32, in_h: i32, in_w: i32, out_h: i32, out_w: i32, channels: i32 }

@group(0) @binding(0) var<storage, read> x: array<${VEC == 4 ? 'vec4<' : ''}${IN_TYPE}${VEC == 4 ? '>' : ''}>;
@group(0) @binding(1) var<storage, read_write> y: array<${VEC == 4 ? 'vec4<' : ''}${OUT_TYPE}${VEC == 4 ? '>' : ''}>;
@group(0) @binding(2) var<uniform> params: Params;

fn normalized_weight(out: i32, in: i32, out_size: i32, in_size: i32) -> f32 {
#if ADJOINT
  return weight(in, out, out_size, in_size) / total(in, out_size, in_size);
#else
  return weight(out, in, in_size, out_size) / total(out, in_size, out_size);
#end
}

fn each(thread: u32) {
  let index = i32(thread);
  if (index >= params.batch * params.out_h * params.out_w * params.channels) { return; }
  let channel = index % params.channels;
  let column = (index / params.channels) % params.out_w;
  let row = (index / params.channels / params.out_w) % params.out_h;
  let batch = index / params.channels / params.out_w / params.out_h;
#if METHOD == 'nearest' && !ADJOINT
  let i = row * params.in_h / params.out_h;
  let j = column * params.in_w / params.out_w;
  let sum = ${V}(x[((batch * params.in_h + i) * params.in_w + j) * params.channels + channel]);
#else
  let rows = window(row, params.out_h, params.in_h);
  let columns = window(column, params.out_w, params.in_w);
  var sum = ${V}();
  for (var i = rows.x; i <= rows.y; i++) {
    let down = normalized_weight(row, i, params.out_h, params.in_h);
    for (var j = columns.x; j <= columns.y; j++) {
      let across = normalized_weight(column, j, params.out_w, params.in_w);
      sum += down * across * ${V}(x[((batch * params.in_h + i) * params.in_w + j) * params.channels + channel]);
    }
  }
#end
  y[index] = ${VEC == 4 ? 'vec4<' : ''}${OUT_TYPE}${VEC == 4 ? '>' : ''}(sum);
}
