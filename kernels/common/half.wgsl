// Four halves, packed in two words as they lie in memory.
fn unpack_half4(packed: vec2u) -> vec4f {
  return vec4f(unpack2x16float(packed.x), unpack2x16float(packed.y));
}
