/** How each material looks in one clip: its colour, varied, and its texture. */

import { type Look, luma, type Texture, texture } from './canvas.js';
import type { Colour, Grain, Material } from './materials.js';
import type { Random } from './random.js';

export function anyColour(random: Random): Colour {
  return [random.uniform(), random.uniform(), random.uniform()];
}

/** The wall behind a scene: any colour, but not the brightest, for lamps and things stand out before it. */
export function wallColour(random: Random): Colour {
  return [random.uniform(0, 0.7), random.uniform(0, 0.7), random.uniform(0, 0.7)];
}

/** A colour that can be told from `other` even in grey. */
export function contrasting(other: Colour, random: Random): Colour {
  for (;;) {
    const colour = anyColour(random);
    if (Math.abs(luma(colour) - luma(other)) > 0.15) return colour;
  }
}

export function lookOf(material: Material, random: Random): Look {
  const base = material.colour ?? vivid(random);
  const light = random.uniform(0.75, 1.2);
  const vary = (channel: number): number => Math.min(1, Math.max(0, channel * light + random.normal(0, 0.04)));
  return {
    colour: [vary(base[0]), vary(base[1]), vary(base[2])],
    texture: grainTexture(material.grain, random),
    opacity: 1,
  };
}

function vivid(random: Random): Colour {
  const colour: [number, number, number] = [0.1, 0.1, 0.1];
  colour[random.integer(3)] = 0.95;
  colour[random.integer(3)] = random.uniform(0.1, 0.9);
  return colour;
}

function grainTexture(grain: Grain, random: Random): Texture | undefined {
  const place = random.uniform(-0.4, 0.4);
  const width = grain === 'glint' ? 0.004 : random.uniform(0.01, 0.05);
  const stripes = random.uniform(18, 40);
  switch (grain) {
    case 'stripes':
      return texture(random, 4, 2, (u, cloud) => 0.75 + 0.25 * Math.sin(u * stripes + 6 * cloud));
    case 'sheen':
      return texture(random, 2, 1, (u) => 0.7 + 0.5 * Math.exp(-((u - place) ** 2) / width));
    case 'glint':
      return texture(random, 2, 1, (u) => 0.8 + 0.4 * Math.exp(-((u - place) ** 2) / width));
    case 'skin':
      return texture(random, 16, 1, (_, cloud) => 0.95 + 0.05 * cloud);
    case 'speckle':
      return texture(random, 16, 3, (_, cloud) => 0.5 + 0.8 * cloud);
    case 'ripples':
      return texture(random, 4, 1, (u, cloud) => 0.8 + 0.3 * Math.sin(u * 30 + 4 * cloud));
    case 'plain':
      return undefined;
  }
}

/** A striker, a distractor or clutter: any colour, plain, clouded or striped, as real hands, tools and rooms are. */
export function anyLook(random: Random): Look {
  const colour = anyColour(random);
  const kind = random.integer(3);
  const stripes = random.uniform(10, 40);
  if (kind === 1) return { colour, texture: texture(random, 6, 3, (_, cloud) => 0.5 + 0.8 * cloud), opacity: 1 };
  if (kind === 2)
    return { colour, texture: texture(random, 2, 1, (u) => 0.8 + 0.3 * Math.sin(u * stripes)), opacity: 1 };
  return { colour, opacity: 1 };
}
