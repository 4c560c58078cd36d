/** The materials of the foley world: how each looks and how it sounds. */

/** Channels in 0–1. */
export type Color = readonly [red: number, green: number, blue: number];
/** The pattern of a material's texture. */
export type Grain = 'stripes' | 'sheen' | 'glint' | 'skin' | 'plain' | 'speckle' | 'ripples';

export interface Material {
  name: string;
  /** Usual color; null where the material comes in any color. */
  color: Color | null;
  grain: Grain;
  /** Hz of the lowest partial of an object of size 1. */
  fundamental: number;
  /** Frequencies of the partials over the lowest; empty for water, which chirps. */
  partials: readonly number[];
  /** Seconds in which the lowest partial falls to 1/e. */
  decay: number;
  /** Level of the contact noise beside the partials, and the seconds in which it falls to 1/e. */
  noise: number;
  noiseDecay: number;
  /** Center, in Hz, of the band of noise that rolling, raining or pouring makes. */
  band: number;
  /** Whether that noise comes in grains. */
  grainy: boolean;
}

// biome-ignore format: a table
export const MATERIALS: readonly Material[] = [
  { name: 'wood', color: [0.55, 0.36, 0.2], grain: 'stripes', fundamental: 320, partials: [1, 2.57, 4.2, 6.1, 8.9], decay: 0.07, noise: 0.35, noiseDecay: 0.006, band: 900, grainy: true },
  { name: 'metal', color: [0.62, 0.65, 0.7], grain: 'sheen', fundamental: 520, partials: [1, 1.48, 2.31, 3.1, 4.7, 6.3, 8.2], decay: 0.6, noise: 0.12, noiseDecay: 0.003, band: 3500, grainy: false },
  { name: 'glass', color: [0.7, 0.9, 0.92], grain: 'glint', fundamental: 1500, partials: [1, 2.32, 4.25, 5.1], decay: 0.3, noise: 0.12, noiseDecay: 0.002, band: 5000, grainy: false },
  { name: 'drum', color: [0.92, 0.88, 0.78], grain: 'skin', fundamental: 110, partials: [1, 1.59, 2.14, 2.3, 2.65, 2.92], decay: 0.2, noise: 0.3, noiseDecay: 0.02, band: 400, grainy: false },
  { name: 'plastic', color: null, grain: 'plain', fundamental: 520, partials: [1, 2.1, 3.3], decay: 0.035, noise: 0.3, noiseDecay: 0.005, band: 1800, grainy: false },
  { name: 'stone', color: [0.45, 0.44, 0.42], grain: 'speckle', fundamental: 700, partials: [1, 1.9, 3.7, 5.6], decay: 0.018, noise: 0.9, noiseDecay: 0.012, band: 1300, grainy: true },
  { name: 'water', color: [0.15, 0.35, 0.7], grain: 'ripples', fundamental: 600, partials: [], decay: 0.05, noise: 0.35, noiseDecay: 0.06, band: 2600, grainy: true },
];
