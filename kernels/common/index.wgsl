// Flat indices over grids that `flatGrid` (kernels/kernel.ts) may have wrapped into two dimensions.
fn flat_group(group: vec3u, groups: vec3u) -> u32 {
  return group.y * groups.x + group.x;
}
