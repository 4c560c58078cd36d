// Flow and change of light pooled to a GRID×GRID grid, by time: [n, GRID, GRID, 5] = mean velocity x and y, mean speed, top
// speed (image widths a second), mean |second − first| a second. One thread a cell.
// The host guarantees that width and height divide by GRID.
#param GRID
struct Params { width: u32, height: u32, images: u32 }

@group(0) @binding(0) var<storage, read> first: array<f32>;
@group(0) @binding(1) var<storage, read> second: array<f32>;
@group(0) @binding(2) var<storage, read> flow: array<vec2f>;
@group(0) @binding(3) var<storage, read> seconds: array<f32>;
@group(0) @binding(4) var<storage, read_write> cells: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.images * ${GRID * GRID}u) { return; }
  let image = id.x / ${GRID * GRID}u;
  let cell = id.x % ${GRID * GRID}u;
  let w = params.width / ${GRID}u;
  let h = params.height / ${GRID}u;
  let corner = (image * params.height + (cell / ${GRID}u) * h) * params.width + (cell % ${GRID}u) * w;
  var sum = vec4f();
  var top = 0.0;
  for (var y = 0u; y < h; y++) {
    for (var x = 0u; x < w; x++) {
      let i = corner + y * params.width + x;
      let f = flow[i];
      let speed = length(f);
      sum += vec4f(f, speed, abs(second[i] - first[i]));
      top = max(top, speed);
    }
  }
  let rate = 1.0 / seconds[image];
  let pace = rate / f32(params.width);
  let mean = sum / f32(w * h);
  let to = id.x * 5u;
  cells[to] = mean.x * pace;
  cells[to + 1u] = mean.y * pace;
  cells[to + 2u] = mean.z * pace;
  cells[to + 3u] = top * pace;
  cells[to + 4u] = mean.w * rate;
}
