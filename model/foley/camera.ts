/** The camera between a scene and its picture: where the action is, how large, how turned, and how the camera moves. */

import { mat2d, vec2 } from 'gl-matrix';
import { type Canvas, canvas, draw, type Look, luma, noiseField, OUTLINES, type Outline } from './canvas.js';
import type { Colour } from './materials.js';
import { Polyline, wander } from './motion.js';
import type { Random } from './random.js';
import { anyLook } from './surfaces.js';

/** What scenes draw on: their own coordinates, with the target's surface along y = 0 and strikers coming from y < 0. */
export interface Stage {
  draw(outline: Outline, x: number, y: number, angle: number, w: number, h: number, look: Look): void;
}

/** The backdrop reaches half a picture past each edge, so that a moving camera has something to see. */
const BACKDROP_REACH = 1.5;

export class Camera implements Stage {
  private readonly target: Canvas;
  private readonly backdrop: Canvas;
  private readonly soft: number;
  private readonly scale: number;
  private readonly angle: number;
  /** From a scene's coordinates to the picture of a camera at rest. */
  private readonly placement: mat2d;
  private readonly point: vec2 = vec2.create();
  private readonly moveX: Polyline;
  private readonly moveY: Polyline;
  private readonly zoom: Polyline;
  /** The backdrop as last shown, and the pose it was shown from: a camera at rest need not look again. */
  private readonly shown: Float32Array;
  private x: number = Number.NaN;
  private y: number = Number.NaN;
  private magnify: number = Number.NaN;

  constructor(target: Canvas, wall: Colour, seconds: number, random: Random) {
    this.target = target;
    this.soft = Math.max(random.uniform(0.03, 0.09), 2 / target.width);
    // Contacts are often small in real pictures: from the whole frame down to a third of it.
    this.scale = random.uniform(0.4, 1.15);
    this.angle = random.chance(0.5) ? random.uniform(0, 2 * Math.PI) : random.normal(0, 0.25);
    const roam = 0.7 - 0.4 * this.scale;
    this.placement = mat2d.fromTranslation(mat2d.create(), [random.uniform(-roam, roam), random.uniform(-roam, roam)]);
    mat2d.rotate(this.placement, this.placement, this.angle);
    mat2d.scale(this.placement, this.placement, [this.scale, this.scale]);
    const shake = random.pick([0, 0, 0.015, 0.04]) * 0.5;
    const pans = random.chance(0.4) ? 0.08 : 0;
    this.moveX = wander(seconds, shake, pans * random.normal(), random);
    this.moveY = wander(seconds, shake, pans * random.normal(), random);
    const zooming = random.chance(0.2) ? random.uniform(-0.25, 0.25) : 0;
    this.zoom = new Polyline(Float64Array.of(1, 1 + zooming), seconds);
    this.shown = new Float32Array(target.pixels.length);
    this.backdrop = paintBackdrop(target.width, target.channels, wall, random);
  }

  /** Points the camera as it stood at a moment and clears the picture to the backdrop. */
  aim(seconds: number): void {
    const [x, y, magnify] = [this.moveX.at(seconds), this.moveY.at(seconds), this.zoom.at(seconds)];
    if (x !== this.x || y !== this.y || magnify !== this.magnify) {
      showBackdrop({ ...this.target, pixels: this.shown }, this.backdrop, x, y, magnify);
      [this.x, this.y, this.magnify] = [x, y, magnify];
    }
    this.target.pixels.set(this.shown);
  }

  draw(outline: Outline, x: number, y: number, angle: number, w: number, h: number, look: Look): void {
    const scale = this.scale;
    const [px, py] = vec2.transformMat2d(this.point, [x, y], this.placement);
    this.drawInPicture(outline, px!, py!, angle + this.angle, w * scale, h * scale, look);
  }

  /** Draws at a place of the picture instead of the scene: things that have nothing to do with the action. */
  drawInPicture(outline: Outline, x: number, y: number, angle: number, w: number, h: number, look: Look): void {
    const m = this.magnify;
    const soft = this.soft;
    draw(this.target, outline, (x + this.x) * m, (y + this.y) * m, angle, w * m, h * m, soft, look);
  }
}

/** A clouded, graded wall with still clutter, whose edges show how the camera moves. */
function paintBackdrop(width: number, channels: 1 | 3, colour: Colour, random: Random): Canvas {
  const wall = canvas(Math.round(width * BACKDROP_REACH), channels);
  const cloudiness = 0.3 * random.uniform();
  const clouds = noiseField(96, 2 + random.integer(8), 3, random);
  const slope = 0.25 * random.uniform(-1, 1);
  const angle = random.uniform(0, 2 * Math.PI);
  const grey = luma(colour);
  for (let row = 0, at = 0; row < wall.width; row++) {
    const y = ((row + 0.5) / wall.width) * 2 - 1;
    for (let column = 0; column < wall.width; column++) {
      const x = ((column + 0.5) / wall.width) * 2 - 1;
      const cloud = clouds[Math.floor((row * 96) / wall.width) * 96 + Math.floor((column * 96) / wall.width)];
      const light = cloudiness * cloud + slope * (x * Math.cos(angle) + y * Math.sin(angle));
      if (channels === 1) wall.pixels[at++] = grey + light;
      else for (let c = 0; c < 3; c++) wall.pixels[at++] = colour[c] + light;
    }
  }
  const things = random.chance(0.6) ? random.integer(7) : 0;
  for (let i = 0; i < things; i++) {
    const [x, y, turn] = [random.uniform(-1, 1), random.uniform(-1, 1), random.uniform(0, Math.PI)];
    const [w, h] = [random.uniform(0.04, 0.4), random.uniform(0.04, 0.25)];
    draw(wall, random.pick(OUTLINES), x, y, turn, w, h, 2 / wall.width, anyLook(random));
  }
  for (let i = 0; i < wall.pixels.length; i++) wall.pixels[i] = Math.min(1, Math.max(0, wall.pixels[i]));
  return wall;
}

/** Bilinear samples of the backdrop, moved by (x, y) and magnified about the middle. */
function showBackdrop(target: Canvas, backdrop: Canvas, x: number, y: number, magnify: number): void {
  const { width, channels, pixels } = target;
  const wall = backdrop.pixels;
  const side = backdrop.width;
  const step = 1 / magnify;
  const halfWall = side / 2;
  const halfTarget = width / 2;
  const limit = side - 1.001;
  for (let row = 0, at = 0; row < width; row++) {
    const v = (row + 0.5 - halfTarget) * step - y * halfTarget + halfWall - 0.5;
    const vv = Math.min(Math.max(v, 0), limit);
    const v0 = vv | 0;
    const fv = vv - v0;
    for (let column = 0; column < width; column++) {
      const u = (column + 0.5 - halfTarget) * step - x * halfTarget + halfWall - 0.5;
      const uu = Math.min(Math.max(u, 0), limit);
      const u0 = uu | 0;
      const fu = uu - u0;
      const from = (v0 * side + u0) * channels;
      for (let c = 0; c < channels; c++, at++) {
        const upper = wall[from + c] + fu * (wall[from + channels + c] - wall[from + c]);
        const below = from + side * channels + c;
        const lower = wall[below] + fu * (wall[below + channels] - wall[below]);
        pixels[at] = upper + fv * (lower - upper);
      }
    }
  }
}
