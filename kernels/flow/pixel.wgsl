// One thread a pixel: workgroups of 64 along a row, one row of one image a workgroup row.
struct Params { width: u32, height: u32, images: u32 }

// One thread for each pixel: calls the kernel's own `pixel(id)`, id.x the column, id.y the row counted over all images.
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < params.width) { pixel(id); }
}
