// One axis of a resize from `from_size` to `to_size`: y[o] = Σ weight(o, i) · x[i] / total(o) over the window of o.
// Positions are counted in integers (units of half an element over the other size), so edges fall where they should.
//
// METHOD: `nearest` takes element ⌊o·from/to⌋; `area` averages what the output element covers, parts by the fraction covered;
// `cubic` is the Keys cubic (a = −0.5), widened when shrinking (antialiased) and normalised at the borders, as PIL has it.
// The host guarantees that from_size · to_size stays below 2^28.
#param METHOD

fn weight(o: i32, i: i32, from_size: i32, to_size: i32) -> f32 {
#if METHOD == 'nearest'
  return select(0.0, 1.0, o * from_size / to_size == i);
#elif METHOD == 'area'
  return f32(max(0, min((o + 1) * from_size, (i + 1) * to_size) - max(o * from_size, i * to_size)));
#else
  let t = f32(abs((2 * i + 1) * to_size - (2 * o + 1) * from_size)) / f32(2 * max(from_size, to_size));
  if (t < 1.0) { return (1.5 * t - 2.5) * t * t + 1.0; }
  if (t < 2.0) { return ((2.5 - 0.5 * t) * t - 4.0) * t + 2.0; }
  return 0.0;
#end
}

// First and last element (inclusive) of the one side that may have weight at element `at` of the other.
fn window(at: i32, at_size: i32, size: i32) -> vec2i {
#if METHOD == 'cubic'
  let centre = (2 * at + 1) * size - at_size;
  let reach = 4 * max(at_size, size);
  let bounds = vec2i(max(0, centre - reach), centre + reach) / (2 * at_size);
#else
  let bounds = vec2i(at * size / at_size, ((at + 1) * size - 1) / at_size);
#end
  return min(bounds, vec2i(size - 1));
}

fn total(o: i32, from_size: i32, to_size: i32) -> f32 {
#if METHOD == 'nearest'
  return 1.0;
#elif METHOD == 'area'
  return f32(from_size);
#else
  let reach = window(o, to_size, from_size);
  var sum = 0.0;
  for (var i = reach.x; i <= reach.y; i++) { sum += weight(o, i, from_size, to_size); }
  return sum;
#end
}
