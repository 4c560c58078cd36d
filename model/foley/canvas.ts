/** Drawing: soft-edged shapes by their signed distance on a float canvas; only pixels of the bounding box are visited. */
import type { Color } from './materials.js';
import type { Random } from './random.js';

/** A square image. Its coordinates run from −1 to 1 in both directions, y downwards, whatever the number of pixels. */
export interface Canvas {
  width: number;
  channels: 1 | 3;
  /** Light, 0–1: row-major [width, width, channels]. */
  pixels: Float32Array;
}

export function createCanvas(width: number, channels: 1 | 3): Canvas {
  return { width, channels, pixels: new Float32Array(width * width * channels) };
}

export type Shape = 'ellipse' | 'box' | 'capsule' | 'triangle';
export const SHAPES: readonly Shape[] = ['ellipse', 'box', 'capsule', 'triangle'];

/** A repeating square of brightness factors in an object's own coordinates; one tile covers [−1, 1]. */
export type Texture = Float32Array;
/** Texels a side. */
const TILE = 128;

/** How the surface of an object is drawn. */
export interface SurfaceStyle {
  color: Color;
  texture?: Texture;
  /** 0 = invisible, 1 = solid. */
  opacity: number;
}

/** Luma by BT.601. */
export function luma([red, green, blue]: Color): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

/**
 * Draws one shape. A capsule lies along its own x axis: w is half its length, h its radius.
 *
 * @param soft width of the edge, in image coordinates; at least about a pixel, against aliasing
 */
export function drawShape(
  target: Canvas,
  shape: Shape,
  x: number,
  y: number,
  angle: number,
  w: number,
  h: number,
  soft: number,
  style: SurfaceStyle,
): void {
  const { width, pixels, channels } = target;
  const reach = (shape === 'capsule' ? w + h : Math.hypot(w, h)) + soft;
  const toPixel = width / 2;
  const left = Math.max(0, Math.floor((x - reach + 1) * toPixel));
  const right = Math.min(width - 1, Math.ceil((x + reach + 1) * toPixel));
  const top = Math.max(0, Math.floor((y - reach + 1) * toPixel));
  const bottom = Math.min(width - 1, Math.ceil((y + reach + 1) * toPixel));
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const kind = SHAPES.indexOf(shape);
  const least = Math.min(w, h);
  const hardness = style.opacity / soft;
  const { color, texture } = style;
  const gray = luma(color);
  for (let row = top; row <= bottom; row++) {
    const dy = (row + 0.5) / toPixel - 1 - y;
    for (let column = left; column <= right; column++) {
      const dx = (column + 0.5) / toPixel - 1 - x;
      const u = dx * cos + dy * sin;
      const v = dy * cos - dx * sin;
      const cover = style.opacity / 2 - distance(kind, u, v, w, h, least) * hardness;
      if (cover <= 0) continue;
      const mask = Math.min(cover, style.opacity);
      const shade = texture ? texture[texelIndex(u, v)]! : 1;
      if (channels === 1) {
        const at = row * width + column;
        pixels[at]! += mask * (gray * shade - pixels[at]!);
      } else {
        const at = (row * width + column) * 3;
        pixels[at]! += mask * (color[0] * shade - pixels[at]!);
        pixels[at + 1]! += mask * (color[1] * shade - pixels[at + 1]!);
        pixels[at + 2]! += mask * (color[2] * shade - pixels[at + 2]!);
      }
    }
  }
}

function texelIndex(u: number, v: number): number {
  const column = ((u + 1) * (TILE / 2)) & (TILE - 1);
  const row = ((v + 1) * (TILE / 2)) & (TILE - 1);
  return row * TILE + column;
}

/** Signed distance (an estimate for ellipses) to the shape's edge: below 0 inside. */
function distance(kind: number, u: number, v: number, w: number, h: number, least: number): number {
  if (kind === 0) return (Math.sqrt((u / w) ** 2 + (v / h) ** 2) - 1) * least;
  if (kind === 1) return Math.max(Math.abs(u) - w, Math.abs(v) - h);
  if (kind === 2) {
    const along = u < -w ? u + w : u > w ? u - w : 0;
    return Math.sqrt(along * along + v * v) - h;
  }
  return Math.max(Math.abs(u) * 0.87 + v * 0.5, -v) - least * 0.7;
}

/** Value noise in 0–1 on a square of `width`, summed over octaves; the coarsest has `cells` blocks a side. */
export function valueNoise(width: number, cells: number, octaves: number, random: Random): Float32Array {
  const field = new Float32Array(width * width);
  let level = 1;
  for (let octave = 0; octave < octaves; octave++, level *= 0.6) {
    const blocks = Math.min(width, cells * 2 ** octave);
    const grid = new Float32Array(blocks * blocks);
    for (let i = 0; i < grid.length; i++) grid[i] = level * random.normal();
    for (let row = 0; row < width; row++) {
      const fromRow = Math.floor((row * blocks) / width) * blocks;
      for (let column = 0; column < width; column++) {
        field[row * width + column]! += grid[fromRow + Math.floor((column * blocks) / width)]!;
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

/** A texture from its brightness at each point, by its coordinate u across the grain (−1…1) and value noise (0–1). */
export function createTexture(
  random: Random,
  cells: number,
  octaves: number,
  shade: (u: number, noise: number) => number,
): Texture {
  const noise = valueNoise(TILE, cells, octaves, random);
  const angle = random.uniform(0, Math.PI);
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return noise.map((value, i) => {
    const x = ((i % TILE) + 0.5) / (TILE / 2) - 1;
    const y = (Math.floor(i / TILE) + 0.5) / (TILE / 2) - 1;
    return Math.max(0, shade(x * cos + y * sin, value));
  });
}
