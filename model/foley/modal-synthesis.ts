/**
 * The sound of a strike: a sum of decaying partials (modal synthesis: van den Doel and Pai, "The Sounds of Physical
 * Shapes", Presence 7(4), 1998) and a short burst of noise for the contact itself.
 */
import { SAMPLE_RATE } from './labelled-clip.js';
import type { Material } from './materials.js';
import type { Random } from './random.js';

/** The modes of vibration of one object: drawn once a clip, excited by every strike. */
export interface Modes {
  material: Material;
  /** Hz of each partial, and the seconds in which it falls to 1/e. */
  frequencies: number[];
  decays: number[];
  size: number;
}

/** @param size the object's size over the usual; bigger is lower */
export function modesOf(material: Material, size: number, random: Random): Modes {
  const lowest = (material.fundamental / size) * random.uniform(0.93, 1.07);
  const frequencies = material.partials.map((ratio) => lowest * ratio * random.uniform(0.985, 1.015));
  const decays = material.partials.map((_, i) => (material.decay / (1 + 0.35 * i)) * random.uniform(0.85, 1.15));
  return { material, frequencies, decays, size };
}

/** Samples of the longest ring: one second. */
const LONGEST = SAMPLE_RATE;
/** Partials at and above this are left out, Hz: a little below the Nyquist frequency. */
const HIGHEST = 7600;
const INAUDIBLE = 1e-4;
/** Samples of the linear attack. */
const ATTACK = 0.0008 * SAMPLE_RATE;
const scratch = new Float64Array(LONGEST);

/** Adds one strike to `sound`, starting at `seconds`; what rings past the end is cut off. */
export function addStrike(sound: Float32Array, seconds: number, modes: Modes, velocity: number, random: Random): void {
  const start = Math.floor(seconds * SAMPLE_RATE);
  const length = Math.min(LONGEST, sound.length - start);
  if (length <= 0) return;
  const ringing = scratch.subarray(0, length).fill(0);
  const { frequencies, decays } = modes;
  if (frequencies.length === 0) addChirp(ringing, modes, random);
  for (let i = 0; i < frequencies.length && frequencies[i]! < HIGHEST; i++) {
    const level = (velocity ** (0.3 * i) / (1 + 0.7 * i)) * random.uniform(0.6, 1.2);
    const detune = random.uniform(0.997, 1.003);
    addPartial(ringing, frequencies[i]! * detune, decays[i]!, level, random.uniform(0, 2 * Math.PI));
  }
  const { noise, noiseDecay, partials } = modes.material;
  // A splash of water is as noisy when soft; a knock gets duller.
  addNoise(ringing, noise * (partials.length > 0 ? 0.5 + velocity : 1), noiseDecay, random);
  const attack = frequencies.length > 0 ? ATTACK : 0;
  for (let i = 0; i < length; i++) sound[start + i]! += 0.3 * velocity * ringing[i]! * (i < attack ? i / attack : 1);
}

/** A decaying sine, by one complex multiplication a sample. */
function addPartial(out: Float64Array, hz: number, decay: number, level: number, phase: number): void {
  const factor = decayFactor(decay);
  const turn = (2 * Math.PI * hz) / SAMPLE_RATE;
  const cos = factor * Math.cos(turn);
  const sin = factor * Math.sin(turn);
  let re = level * Math.cos(phase);
  let im = level * Math.sin(phase);
  const audible = audibleSamples(out, decay, level);
  for (let i = 0; i < audible; i++) {
    out[i]! += im;
    const next = re * cos - im * sin;
    im = re * sin + im * cos;
    re = next;
  }
}

function addNoise(out: Float64Array, level: number, decay: number, random: Random): void {
  const factor = decayFactor(decay);
  const audible = audibleSamples(out, decay, level);
  for (let i = 0, now = level; i < audible; i++, now *= factor) out[i]! += now * random.normal();
}

/** A bubble's rising chirp, as a drop makes (van den Doel, "Physically based models for liquid sounds", 2005). */
function addChirp(out: Float64Array, modes: Modes, random: Random): void {
  const hz = random.uniform(350, 900) / modes.size;
  const { decay } = modes.material;
  const audible = audibleSamples(out, decay, 1);
  for (let i = 0, phase = 0; i < audible; i++) {
    const t = i / SAMPLE_RATE;
    phase += (2 * Math.PI * hz * (1 + ((2.5 * t) / 0.08) * Math.exp(-t / 0.2))) / SAMPLE_RATE;
    out[i]! += Math.sin(phase) * Math.exp(-t / decay);
  }
}

/** The factor from one sample to the next of what falls to 1/e in `decay` seconds. */
const decayFactor = (decay: number): number => Math.exp(-1 / (decay * SAMPLE_RATE));

/** Samples of `out` until what begins at `level` is inaudible. */
const audibleSamples = (out: Float64Array, decay: number, level: number): number =>
  Math.min(out.length, Math.ceil(decay * SAMPLE_RATE * Math.log(level / INAUDIBLE)));
