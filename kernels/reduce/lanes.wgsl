// Reductions over all LANES threads of a workgroup; every thread gets the result. Call from uniform control flow only, with
// another `slot` (0 … SLOTS − 1) at each place, so that no place overwrites what a slow thread of the last still reads.
//
// With SUBGROUP the workgroup is exactly one subgroup (the host guarantees it) and needs neither memory nor barriers. Else
// 16 threads reduce LANES / 16 values each in workgroup memory, and all threads reduce those 16.
#param LANES
#param SUBGROUP
#let SLOTS = 2

#if SUBGROUP
fn all_sum(value: vec2f, lane: u32, slot: u32) -> vec2f {
  return subgroupAdd(value);
}

fn all_max(value: f32, lane: u32, slot: u32) -> f32 {
  return subgroupMax(value);
}
#else
var<workgroup> values: array<vec2f, ${SLOTS * LANES}>;
var<workgroup> partials: array<vec2f, ${SLOTS * 16}>;

fn all_sum(value: vec2f, lane: u32, slot: u32) -> vec2f {
  values[slot * ${LANES}u + lane] = value;
  workgroupBarrier();
  var total = vec2f(0.0);
  if (lane < 16u) {
    for (var k = lane; k < ${LANES}u; k += 16u) { total += values[slot * ${LANES}u + k]; }
    partials[slot * 16u + lane] = total;
  }
  workgroupBarrier();
  total = partials[slot * 16u];
  for (var k = 1u; k < 16u; k++) { total += partials[slot * 16u + k]; }
  return total;
}

fn all_max(value: f32, lane: u32, slot: u32) -> f32 {
  values[slot * ${LANES}u + lane].x = value;
  workgroupBarrier();
  if (lane < 16u) {
    var highest = value;
    for (var k = lane; k < ${LANES}u; k += 16u) { highest = max(highest, values[slot * ${LANES}u + k].x); }
    partials[slot * 16u + lane].x = highest;
  }
  workgroupBarrier();
  var top = partials[slot * 16u].x;
  for (var k = 1u; k < 16u; k++) { top = max(top, partials[slot * 16u + k].x); }
  return top;
}
#end
