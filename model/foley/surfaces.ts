/** The surface of objects in one clip: colors, varied, and textures. */

import { createTexture, luma, type SurfaceStyle, type Texture } from './canvas.js';
import type { Color, Grain, Material } from './materials.js';
import type { Random } from './random.js';

export function randomColor(random: Random): Color {
  return [random.uniform(), random.uniform(), random.uniform()];
}

/** A color of the background: not the brightest, because objects usually stand out before it. */
export function backgroundColor(random: Random): Color {
  return [random.uniform(0, 0.7), random.uniform(0, 0.7), random.uniform(0, 0.7)];
}

/** A color that differs from `other` even in gray. */
export function contrastingColor(other: Color, random: Random): Color {
  for (;;) {
    const color = randomColor(random);
    if (Math.abs(luma(color) - luma(other)) > 0.15) return color;
  }
}

export function materialStyle(material: Material, random: Random): SurfaceStyle {
  const base = material.color ?? vividColor(random);
  const light = random.uniform(0.75, 1.2);
  const vary = (channel: number): number => Math.min(1, Math.max(0, channel * light + random.normal(0, 0.04)));
  return {
    color: [vary(base[0]), vary(base[1]), vary(base[2])],
    texture: grainTexture(material.grain, random),
    opacity: 1,
  };
}

function vividColor(random: Random): Color {
  const color: [number, number, number] = [0.1, 0.1, 0.1];
  color[random.integer(3)] = 0.95;
  color[random.integer(3)] = random.uniform(0.1, 0.9);
  return color;
}

function grainTexture(grain: Grain, random: Random): Texture | undefined {
  const place = random.uniform(-0.4, 0.4);
  const width = grain === 'glint' ? 0.004 : random.uniform(0.01, 0.05);
  const stripes = random.uniform(18, 40);
  switch (grain) {
    case 'stripes':
      return createTexture(random, 4, 2, (u, noise) => 0.75 + 0.25 * Math.sin(u * stripes + 6 * noise));
    case 'sheen':
      return createTexture(random, 2, 1, (u) => 0.7 + 0.5 * Math.exp(-((u - place) ** 2) / width));
    case 'glint':
      return createTexture(random, 2, 1, (u) => 0.8 + 0.4 * Math.exp(-((u - place) ** 2) / width));
    case 'skin':
      return createTexture(random, 16, 1, (_, noise) => 0.95 + 0.05 * noise);
    case 'speckle':
      return createTexture(random, 16, 3, (_, noise) => 0.5 + 0.8 * noise);
    case 'ripples':
      return createTexture(random, 4, 1, (u, noise) => 0.8 + 0.3 * Math.sin(u * 30 + 4 * noise));
    case 'plain':
      return undefined;
  }
}

/** The surface of strikers and of objects beside the action: any color, plain, noisy or striped. */
export function randomStyle(random: Random): SurfaceStyle {
  const color = randomColor(random);
  const kind = random.integer(3);
  const stripes = random.uniform(10, 40);
  if (kind === 1) return { color, texture: createTexture(random, 6, 3, (_, noise) => 0.5 + 0.8 * noise), opacity: 1 };
  if (kind === 2)
    return { color, texture: createTexture(random, 2, 1, (u) => 0.8 + 0.3 * Math.sin(u * stripes)), opacity: 1 };
  return { color, opacity: 1 };
}
