/** Drawing: soft-edged shapes by their signed distance, on a float canvas, touching only the pixels they may cover. */
import type { Colour } from './materials.js';
import type { Random } from './random.js';

/** Picture coordinates run from −1 to 1 in both directions, y downwards, whatever the number of pixels. */
export interface Canvas {
  width: number;
  channels: 1 | 3;
  /** Light, 0–1, row by row. */
  pixels: Float32Array;
}

export function canvas(width: number, channels: 1 | 3): Canvas {
  return { width, channels, pixels: new Float32Array(width * width * channels) };
}

export type Outline = 'ellipse' | 'box' | 'capsule' | 'triangle';
export const OUTLINES: readonly Outline[] = ['ellipse', 'box', 'capsule', 'triangle'];

/** A repeating square of brightness factors that a thing carries with it; one tile covers [−1, 1]. */
export type Texture = Float32Array;
const TILE = 128;

export interface Look {
  colour: Colour;
  texture?: Texture;
  /** 0 = invisible, 1 = solid. */
  opacity: number;
}

/** Luma by BT.601. */
export function luma([red, green, blue]: Colour): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

/**
 * Draws one thing. A capsule lies along its own x axis: w is half its length, h its radius.
 *
 * @param soft width of the edge, in picture units; at least about a pixel keeps edges from crawling
 */
export function draw(
  target: Canvas,
  outline: Outline,
  x: number,
  y: number,
  angle: number,
  w: number,
  h: number,
  soft: number,
  look: Look,
): void {
  const { width, pixels, channels } = target;
  const reach = (outline === 'capsule' ? w + h : Math.hypot(w, h)) + soft;
  const toPixel = width / 2;
  const left = Math.max(0, Math.floor((x - reach + 1) * toPixel));
  const right = Math.min(width - 1, Math.ceil((x + reach + 1) * toPixel));
  const top = Math.max(0, Math.floor((y - reach + 1) * toPixel));
  const bottom = Math.min(width - 1, Math.ceil((y + reach + 1) * toPixel));
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const kind = OUTLINES.indexOf(outline);
  const least = Math.min(w, h);
  const hardness = look.opacity / soft;
  const { colour, texture } = look;
  const grey = luma(colour);
  for (let row = top; row <= bottom; row++) {
    const dy = (row + 0.5) / toPixel - 1 - y;
    for (let column = left; column <= right; column++) {
      const dx = (column + 0.5) / toPixel - 1 - x;
      const u = dx * cos + dy * sin;
      const v = dy * cos - dx * sin;
      const cover = look.opacity / 2 - distance(kind, u, v, w, h, least) * hardness;
      if (cover <= 0) continue;
      const mask = Math.min(cover, look.opacity);
      const shade = texture ? texture[texel(u, v)] : 1;
      if (channels === 1) {
        const at = row * width + column;
        pixels[at] += mask * (grey * shade - pixels[at]);
      } else {
        const at = (row * width + column) * 3;
        pixels[at] += mask * (colour[0] * shade - pixels[at]);
        pixels[at + 1] += mask * (colour[1] * shade - pixels[at + 1]);
        pixels[at + 2] += mask * (colour[2] * shade - pixels[at + 2]);
      }
    }
  }
}

function texel(u: number, v: number): number {
  const column = ((u + 1) * (TILE / 2)) & (TILE - 1);
  const row = ((v + 1) * (TILE / 2)) & (TILE - 1);
  return row * TILE + column;
}

/** Signed distance (an estimate for ellipses) to the outline: below 0 inside. */
function distance(kind: number, u: number, v: number, w: number, h: number, least: number): number {
  if (kind === 0) return (Math.sqrt((u / w) ** 2 + (v / h) ** 2) - 1) * least;
  if (kind === 1) return Math.max(Math.abs(u) - w, Math.abs(v) - h);
  if (kind === 2) {
    const along = u < -w ? u + w : u > w ? u - w : 0;
    return Math.sqrt(along * along + v * v) - h;
  }
  return Math.max(Math.abs(u) * 0.87 + v * 0.5, -v) - least * 0.7;
}

/** Value noise in 0–1 on a square of `width`, summed over octaves; `cells` blocks a side in the coarsest. */
export function noiseField(width: number, cells: number, octaves: number, random: Random): Float32Array {
  const field = new Float32Array(width * width);
  let level = 1;
  for (let octave = 0; octave < octaves; octave++, level *= 0.6) {
    const blocks = Math.min(width, cells * 2 ** octave);
    const grid = new Float32Array(blocks * blocks);
    for (let i = 0; i < grid.length; i++) grid[i] = level * random.normal();
    for (let row = 0; row < width; row++) {
      const fromRow = Math.floor((row * blocks) / width) * blocks;
      for (let column = 0; column < width; column++) {
        field[row * width + column] += grid[fromRow + Math.floor((column * blocks) / width)];
      }
    }
  }
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of field) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return field.map((value) => (value - low) / (high - low + 1e-6));
}

/** A texture tile from a brightness at each point (u across the grain, in −1…1; cloud 0–1 of noise). */
export function texture(
  random: Random,
  cells: number,
  octaves: number,
  shade: (u: number, cloud: number) => number,
): Texture {
  const clouds = noiseField(TILE, cells, octaves, random);
  const angle = random.uniform(0, Math.PI);
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return clouds.map((cloud, i) => {
    const x = ((i % TILE) + 0.5) / (TILE / 2) - 1;
    const y = (Math.floor(i / TILE) + 0.5) / (TILE / 2) - 1;
    return Math.max(0, shade(x * cos + y * sin, cloud));
  });
}
