/** Waveforms as SVG paths. */

/** Size of the coordinates of a path. */
export const WAVEFORM_WIDTH = 400;
export const WAVEFORM_HEIGHT = 100;

const MIDDLE = WAVEFORM_HEIGHT / 2;
/** Distance of the highest peak from the middle. */
const REACH = MIDDLE - 4;
/** Peaks below this (−34 dBFS) are drawn smaller, so that quiet looks quiet. */
const QUIET = 0.02;

/** The outline between the lowest and the highest sample of each column, scaled to the sound's own peak. */
export function waveformPath(samples: Float32Array): string {
  const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scale = REACH / Math.max(peak, QUIET);
  const [upper, lower]: [number[], number[]] = [[], []];
  for (let column = 0; column < WAVEFORM_WIDTH; column++) {
    const from = Math.floor((column * samples.length) / WAVEFORM_WIDTH);
    const to = Math.max(from + 1, Math.floor(((column + 1) * samples.length) / WAVEFORM_WIDTH));
    const part = samples.subarray(from, to);
    upper.push(Math.round(MIDDLE - scale * part.reduce((a, b) => Math.max(a, b), 0) - 0.5));
    lower.push(Math.round(MIDDLE - scale * part.reduce((a, b) => Math.min(a, b), 0) + 0.5));
  }
  return `M0 ${upper[0]}${steps(upper, 1)}V${lower.at(-1)}${steps(lower.reverse(), -1)}Z`;
}

/** Lines from each height to the next, as relative coordinates. */
function steps(heights: readonly number[], direction: 1 | -1): string {
  return `l${heights
    .slice(1)
    .map((height, i) => `${direction} ${height - heights[i]!}`)
    .join(' ')}`;
}
