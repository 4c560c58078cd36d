// The entry point of kernels with one thread for each item: calls the kernel's own `each(i)`. Workgroups are whole, so i runs
// on past the last item; `each` returns there.
#include common/index

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  each(flat_group(group, groups) * 64u + lane);
}
