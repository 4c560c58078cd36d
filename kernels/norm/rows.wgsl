// The walk over a normalised row. x is [batch, spatial, groups·width]; a row is one (batch, group): `spatial` runs of `width`
// neighbouring channels. Layer normalisation is spatial = 1, groups = 1. All sizes are in units of VEC elements.
// Threads take every LANES-th unit; a step adds to the place instead of dividing, which is slow a lane.

struct Place {
  /// Number of the unit in its row; past the end when it reaches spatial · width.
  unit: u32,
  /// Where it stands in x.
  at: u32,
  /// Its channel within the group.
  within: u32,
}

fn first_place(row: u32, lane: u32) -> Place {
  let channels = params.groups * params.width;
  let start = (row / params.groups) * params.spatial * channels + (row % params.groups) * params.width;
  let run = lane / params.width;
  let within = lane % params.width;
  return Place(lane, start + run * channels + within, within);
}

fn next_place(place: Place) -> Place {
  let channels = params.groups * params.width;
  let runs = ${LANES}u / params.width;
  let step = ${LANES}u % params.width;
  let wraps = place.within + step >= params.width;
  return Place(
    place.unit + ${LANES}u,
    place.at + runs * channels + step + select(0u, channels - params.width, wraps),
    place.within + step - select(0u, params.width, wraps),
  );
}
