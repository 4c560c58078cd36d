// result[i] = Σ over s of partial[s, i]: adds the partial sums of split-K, one for each split of the pixels. One element
// a thread; the order of the sum is fixed, so the result is the same in every run.
#param RESULT_TYPE
#if RESULT_TYPE == 'f16'
enable f16;
#end
#include common/each

struct Params { count: u32, splits: u32 }

@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<${RESULT_TYPE}>;
@group(0) @binding(2) var<uniform> params: Params;

fn each(i: u32) {
  if (i >= params.count) { return; }
  var sum = 0.0;
  for (var s = 0u; s < params.splits; s++) { sum += partial[s * params.count + i]; }
  result[i] = ${RESULT_TYPE}(sum);
}
