/**
 * What things are made of: how they look and how they ring.
 *
 * Struck things sound as a sum of decaying partials (modal synthesis: van den Doel and Pai, "The Sounds of Physical
 * Shapes", Presence 7(4), 1998) and a short burst of noise for the contact itself.
 */
import { SAMPLE_RATE } from './labelled-clip.js';
import type { Random } from './random.js';

export type Colour = readonly [red: number, green: number, blue: number];
export type Grain = 'stripes' | 'sheen' | 'glint' | 'skin' | 'plain' | 'speckle' | 'ripples';

export interface Material {
  name: string;
  /** Usual colour, each channel in 0–1; null where the material comes in any colour. */
  colour: Colour | null;
  grain: Grain;
  /** Hz of the lowest partial of a thing of size 1. */
  fundamental: number;
  /** Frequencies of the partials over the lowest; empty for water, which chirps. */
  partials: readonly number[];
  /** Seconds in which the lowest partial falls to 1/e. */
  decay: number;
  /** Level of the contact noise beside the partials, and the seconds in which it falls to 1/e. */
  noise: number;
  noiseDecay: number;
  /** Middle, in Hz, of the band of noise that rolling, raining or pouring makes. */
  band: number;
  /** Whether that noise comes in grains. */
  grainy: boolean;
}

// biome-ignore format: a table
export const MATERIALS: readonly Material[] = [
  { name: 'wood', colour: [0.55, 0.36, 0.2], grain: 'stripes', fundamental: 320, partials: [1, 2.57, 4.2, 6.1, 8.9], decay: 0.07, noise: 0.35, noiseDecay: 0.006, band: 900, grainy: true },
  { name: 'metal', colour: [0.62, 0.65, 0.7], grain: 'sheen', fundamental: 520, partials: [1, 1.48, 2.31, 3.1, 4.7, 6.3, 8.2], decay: 0.6, noise: 0.12, noiseDecay: 0.003, band: 3500, grainy: false },
  { name: 'glass', colour: [0.7, 0.9, 0.92], grain: 'glint', fundamental: 1500, partials: [1, 2.32, 4.25, 5.1], decay: 0.3, noise: 0.12, noiseDecay: 0.002, band: 5000, grainy: false },
  { name: 'drum', colour: [0.92, 0.88, 0.78], grain: 'skin', fundamental: 110, partials: [1, 1.59, 2.14, 2.3, 2.65, 2.92], decay: 0.2, noise: 0.3, noiseDecay: 0.02, band: 400, grainy: false },
  { name: 'plastic', colour: null, grain: 'plain', fundamental: 520, partials: [1, 2.1, 3.3], decay: 0.035, noise: 0.3, noiseDecay: 0.005, band: 1800, grainy: false },
  { name: 'stone', colour: [0.45, 0.44, 0.42], grain: 'speckle', fundamental: 700, partials: [1, 1.9, 3.7, 5.6], decay: 0.018, noise: 0.9, noiseDecay: 0.012, band: 1300, grainy: true },
  { name: 'water', colour: [0.15, 0.35, 0.7], grain: 'ripples', fundamental: 600, partials: [], decay: 0.05, noise: 0.35, noiseDecay: 0.06, band: 2600, grainy: true },
];

/** One object's own partials: made once a clip, struck many times. */
export interface Voice {
  material: Material;
  frequencies: number[];
  decays: number[];
  size: number;
}

/** @param size the object's size over the usual; bigger is lower */
export function voiceOf(material: Material, size: number, random: Random): Voice {
  const lowest = (material.fundamental / size) * random.uniform(0.93, 1.07);
  const frequencies = material.partials.map((ratio) => lowest * ratio * random.uniform(0.985, 1.015));
  const decays = material.partials.map((_, i) => (material.decay / (1 + 0.35 * i)) * random.uniform(0.85, 1.15));
  return { material, frequencies, decays, size };
}

const LONGEST = SAMPLE_RATE;
const INAUDIBLE = 1e-4;
const ATTACK = 0.0008 * SAMPLE_RATE;
const scratch = new Float64Array(LONGEST);

/** Adds one strike to `sound`, starting at `seconds`; what rings past the end is cut off. */
export function strike(sound: Float32Array, seconds: number, voice: Voice, velocity: number, random: Random): void {
  const start = Math.floor(seconds * SAMPLE_RATE);
  const length = Math.min(LONGEST, sound.length - start);
  if (length <= 0) return;
  const ringing = scratch.subarray(0, length).fill(0);
  if (voice.frequencies.length === 0) addChirp(ringing, voice, random);
  for (let i = 0; i < voice.frequencies.length && voice.frequencies[i] < 7600; i++) {
    const level = (velocity ** (0.3 * i) / (1 + 0.7 * i)) * random.uniform(0.6, 1.2);
    const detune = random.uniform(0.997, 1.003);
    addPartial(ringing, voice.frequencies[i] * detune, voice.decays[i], level, random.uniform(0, 2 * Math.PI));
  }
  const { noise, noiseDecay, partials } = voice.material;
  // A splash of water is as noisy when soft; a knock gets duller.
  addNoise(ringing, noise * (partials.length > 0 ? 0.5 + velocity : 1), noiseDecay, random);
  const attack = voice.frequencies.length > 0 ? ATTACK : 0;
  for (let i = 0; i < length; i++) sound[start + i] += 0.3 * velocity * ringing[i] * (i < attack ? i / attack : 1);
}

/** A sine turned and shrunk by one complex multiplication a sample. */
function addPartial(out: Float64Array, hz: number, decay: number, level: number, phase: number): void {
  const shrink = Math.exp(-1 / (decay * SAMPLE_RATE));
  const turn = (2 * Math.PI * hz) / SAMPLE_RATE;
  const cos = shrink * Math.cos(turn);
  const sin = shrink * Math.sin(turn);
  let re = level * Math.cos(phase);
  let im = level * Math.sin(phase);
  const audible = Math.min(out.length, Math.ceil(decay * SAMPLE_RATE * Math.log(level / INAUDIBLE)));
  for (let i = 0; i < audible; i++) {
    out[i] += im;
    const next = re * cos - im * sin;
    im = re * sin + im * cos;
    re = next;
  }
}

function addNoise(out: Float64Array, level: number, decay: number, random: Random): void {
  const shrink = Math.exp(-1 / (decay * SAMPLE_RATE));
  const audible = Math.min(out.length, Math.ceil(decay * SAMPLE_RATE * Math.log(level / INAUDIBLE)));
  for (let i = 0, now = level; i < audible; i++, now *= shrink) out[i] += now * random.normal();
}

/** A bubble's rising chirp, as a drop makes (van den Doel, "Physically based models for liquid sounds", 2005). */
function addChirp(out: Float64Array, voice: Voice, random: Random): void {
  const hz = random.uniform(350, 900) / voice.size;
  const audible = Math.min(out.length, Math.ceil(voice.material.decay * SAMPLE_RATE * Math.log(1 / INAUDIBLE)));
  for (let i = 0, phase = 0; i < audible; i++) {
    const t = i / SAMPLE_RATE;
    phase += (2 * Math.PI * hz * (1 + ((2.5 * t) / 0.08) * Math.exp(-t / 0.2))) / SAMPLE_RATE;
    out[i] += Math.sin(phase) * Math.exp(-t / voice.material.decay);
  }
}
