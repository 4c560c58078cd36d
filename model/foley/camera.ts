/** The camera: maps scene coordinates to a frame (position, scale, rotation of the action) and moves over time. */

import { mat2d, vec2 } from 'gl-matrix';
import {
  type Canvas,
  createCanvas,
  drawShape,
  luma,
  SHAPES,
  type Shape,
  type SurfaceStyle,
  valueNoise,
} from './canvas.js';
import type { Color } from './materials.js';
import { Polyline, randomWalk } from './motion.js';
import type { Random } from './random.js';
import { randomStyle } from './surfaces.js';

/** What scenes draw on, in their own coordinates: the target's surface lies along y = 0, strikers come from y < 0. */
export interface DrawingSurface {
  draw(shape: Shape, x: number, y: number, angle: number, w: number, h: number, style: SurfaceStyle): void;
}

/** Width of the backdrop over that of a frame: it reaches past each edge, for a camera that moves. */
const BACKDROP_REACH = 1.5;
/** Width of the backdrop's noise. */
const NOISE_SIZE = 96;

export class Camera implements DrawingSurface {
  readonly #target: Canvas;
  readonly #backdrop: Canvas;
  /** Width of edges, in image coordinates. */
  readonly #soft: number;
  readonly #scale: number;
  readonly #angle: number;
  /** From scene coordinates to those of a frame of the camera at rest. */
  readonly #placement: mat2d;
  readonly #point: vec2 = vec2.create();
  readonly #moveX: Polyline;
  readonly #moveY: Polyline;
  readonly #zoom: Polyline;
  /** The backdrop of the last pose, and that pose: a camera at rest samples it once. */
  readonly #sampled: Float32Array;
  #x: number = Number.NaN;
  #y: number = Number.NaN;
  #magnification: number = Number.NaN;

  constructor(target: Canvas, background: Color, seconds: number, random: Random) {
    this.#target = target;
    this.#soft = Math.max(random.uniform(0.03, 0.09), 2 / target.width);
    // Contacts are often small in real footage: from the whole frame down to a third of it.
    this.#scale = random.uniform(0.4, 1.15);
    this.#angle = random.chance(0.5) ? random.uniform(0, 2 * Math.PI) : random.normal(0, 0.25);
    const roam = 0.7 - 0.4 * this.#scale;
    this.#placement = mat2d.fromTranslation(mat2d.create(), [random.uniform(-roam, roam), random.uniform(-roam, roam)]);
    mat2d.rotate(this.#placement, this.#placement, this.#angle);
    mat2d.scale(this.#placement, this.#placement, [this.#scale, this.#scale]);
    const shake = random.pick([0, 0, 0.015, 0.04]) * 0.5;
    const pans = random.chance(0.4) ? 0.08 : 0;
    this.#moveX = randomWalk(seconds, shake, pans * random.normal(), random);
    this.#moveY = randomWalk(seconds, shake, pans * random.normal(), random);
    const zooming = random.chance(0.2) ? random.uniform(-0.25, 0.25) : 0;
    this.#zoom = new Polyline(Float64Array.of(1, 1 + zooming), seconds);
    this.#sampled = new Float32Array(target.pixels.length);
    this.#backdrop = paintBackdrop(target.width, target.channels, background, random);
  }

  /** Takes the camera's pose at a time and clears the frame to the backdrop. */
  beginFrame(seconds: number): void {
    const [x, y, magnification] = [this.#moveX.at(seconds), this.#moveY.at(seconds), this.#zoom.at(seconds)];
    if (x !== this.#x || y !== this.#y || magnification !== this.#magnification) {
      sampleBackdrop({ ...this.#target, pixels: this.#sampled }, this.#backdrop, x, y, magnification);
      [this.#x, this.#y, this.#magnification] = [x, y, magnification];
    }
    this.#target.pixels.set(this.#sampled);
  }

  draw(shape: Shape, x: number, y: number, angle: number, w: number, h: number, style: SurfaceStyle): void {
    const scale = this.#scale;
    const [px, py] = vec2.transformMat2d(this.#point, [x, y], this.#placement);
    this.drawInFrame(shape, px!, py!, angle + this.#angle, w * scale, h * scale, style);
  }

  /** Draws in frame coordinates instead of the scene's: objects that have nothing to do with the action. */
  drawInFrame(shape: Shape, x: number, y: number, angle: number, w: number, h: number, style: SurfaceStyle): void {
    const m = this.#magnification;
    drawShape(this.#target, shape, (x + this.#x) * m, (y + this.#y) * m, angle, w * m, h * m, this.#soft, style);
  }
}

/** A noisy gradient with still objects, whose edges show how the camera moves. */
function paintBackdrop(width: number, channels: 1 | 3, color: Color, random: Random): Canvas {
  const backdrop = createCanvas(Math.round(width * BACKDROP_REACH), channels);
  const noiseLevel = 0.3 * random.uniform();
  const noise = valueNoise(NOISE_SIZE, 2 + random.integer(8), 3, random);
  const slope = 0.25 * random.uniform(-1, 1);
  const angle = random.uniform(0, 2 * Math.PI);
  const gray = luma(color);
  for (let row = 0, at = 0; row < backdrop.width; row++) {
    const y = ((row + 0.5) / backdrop.width) * 2 - 1;
    const noiseRow = Math.floor((row * NOISE_SIZE) / backdrop.width) * NOISE_SIZE;
    for (let column = 0; column < backdrop.width; column++) {
      const x = ((column + 0.5) / backdrop.width) * 2 - 1;
      const noiseColumn = Math.floor((column * NOISE_SIZE) / backdrop.width);
      const light = noiseLevel * noise[noiseRow + noiseColumn]! + slope * (x * Math.cos(angle) + y * Math.sin(angle));
      if (channels === 1) backdrop.pixels[at++] = gray + light;
      else for (const channel of color) backdrop.pixels[at++] = channel + light;
    }
  }
  const objects = random.chance(0.6) ? random.integer(7) : 0;
  for (let i = 0; i < objects; i++) {
    const [x, y, turn] = [random.uniform(-1, 1), random.uniform(-1, 1), random.uniform(0, Math.PI)];
    const [w, h] = [random.uniform(0.04, 0.4), random.uniform(0.04, 0.25)];
    drawShape(backdrop, random.pick(SHAPES), x, y, turn, w, h, 2 / backdrop.width, randomStyle(random));
  }
  for (const [i, value] of backdrop.pixels.entries()) backdrop.pixels[i] = Math.min(1, Math.max(0, value));
  return backdrop;
}

/** Bilinear samples of the backdrop, moved by (x, y) and magnified about the center. */
function sampleBackdrop(target: Canvas, backdrop: Canvas, x: number, y: number, magnification: number): void {
  const { width, channels, pixels } = target;
  const source = backdrop.pixels;
  const side = backdrop.width;
  const step = 1 / magnification;
  const halfSource = side / 2;
  const halfTarget = width / 2;
  const limit = side - 1.001;
  for (let row = 0, at = 0; row < width; row++) {
    const v = (row + 0.5 - halfTarget) * step - y * halfTarget + halfSource - 0.5;
    const vv = Math.min(Math.max(v, 0), limit);
    const v0 = vv | 0;
    const fv = vv - v0;
    for (let column = 0; column < width; column++) {
      const u = (column + 0.5 - halfTarget) * step - x * halfTarget + halfSource - 0.5;
      const uu = Math.min(Math.max(u, 0), limit);
      const u0 = uu | 0;
      const fu = uu - u0;
      const from = (v0 * side + u0) * channels;
      for (let c = 0; c < channels; c++, at++) {
        const upper = source[from + c]! + fu * (source[from + channels + c]! - source[from + c]!);
        const below = from + side * channels + c;
        const lower = source[below]! + fu * (source[below + channels]! - source[below]!);
        pixels[at] = upper + fv * (lower - upper);
      }
    }
  }
}
