/**
 * Makes clips of things that strike things, each with its sound and the exact times of contact.
 *
 * A clip is a pure function of its seed and options. Frames come at one of several frame rates, with shutter, noise, gamma,
 * camera motion and objects that move without a sound, because real footage has all of these.
 */

import { Camera } from './camera.js';
import { createCanvas, SHAPES } from './canvas.js';
import { FoleyError } from './errors.js';
import { type LabelledClip, SAMPLE_RATE, type SoundEvent } from './labelled-clip.js';
import { type Color, MATERIALS } from './materials.js';
import { addStrike, modesOf } from './modal-synthesis.js';
import { Random } from './random.js';
import { type SceneAnimation, SOURCES, type SoundTimeline, sceneAnimation, soundTimeline } from './scene-animations.js';
import { backgroundColor, randomStyle } from './surfaces.js';
import { addBackgroundNoise, addBandNoise, limitPeak, reverberate } from './synthesizer.js';

/** Changes whenever any clip would; part of the key of caches. */
export const WORLD_VERSION = 1;

export const FRAME_RATES: readonly number[] = [15, 24, 25, 30_000 / 1001, 30];

/** Seeds from here on are for validation, those below for training. */
export const FIRST_VALIDATION_SEED = 1_000_000_000;

export type Split = 'train' | 'validation';
/** Which pairs of material and source are drawn: those of training, those held out of it, or both. */
export type Pairs = 'training' | 'held-out' | 'all';

export interface ClipOptions {
  /** Default 4. */
  seconds?: number;
  /** Width and height of a frame in pixels; default 64. */
  size?: number;
  /** Default true. */
  gray?: boolean;
  /** Frames a second; default: one of FRAME_RATES, by the seed. */
  frameRate?: number;
  /** Index into MATERIALS; default: by the seed. */
  material?: number;
  /** Index into SOURCES; default: by the seed. */
  source?: number;
  /** Default 'training'. Not consulted where material and source are both given. */
  pairs?: Pairs;
}

export interface WorldClip extends LabelledClip {
  seed: number;
  split: Split;
  frameRate: number;
  /** 0–6, see MATERIALS. */
  material: number;
  /** 0–5, see SOURCES. */
  source: number;
  /** Whether this pair of material and source is kept out of training. */
  heldOut: boolean;
}

/** The seed of the index-th clip of a split. */
export function worldSeed(split: Split, index: number): number {
  return split === 'train' ? index : FIRST_VALIDATION_SEED + index;
}

/** Four of the 42 pairs of material and source are never trained on, to see what is made of the unseen. */
export function isHeldOutPair(material: number, source: number): boolean {
  return (5 * material + 3 * source) % 11 === 0;
}

/**
 * Makes the clip of a seed. The same seed and options give the same bytes.
 *
 * @throws {FoleyError} when no pair of material and source is left by the options
 */
export function makeClip(seed: number, options: ClipOptions = {}): WorldClip {
  const { seconds = 4, size = 64, gray = true } = options;
  const cast = castOf(seed, options, seconds);
  const { frameRate, material, source, timeline, objectSize } = cast;

  const sceneRandom = new Random(seed, 'scene');
  const background = backgroundColor(sceneRandom);
  const seen = MATERIALS[material]!;
  const scene = sceneAnimation(SOURCES[source]!, timeline, seconds, seen, objectSize, background, sceneRandom);
  const channels = gray ? 1 : 3;
  const rendered = renderFrames(scene, { seconds, frameRate, size, channels, background }, seed);
  return {
    seed,
    split: seed < FIRST_VALIDATION_SEED ? 'train' : 'validation',
    seconds,
    size,
    channels,
    frameRate,
    ...rendered,
    sound: soundOf(seed, cast, seconds),
    events: cast.events,
    material,
    source,
    heldOut: isHeldOutPair(material, source),
  };
}

/** The sound of `makeClip` alone, at a small part of its cost. */
export function makeSound(seed: number, options: ClipOptions = {}): Float32Array<ArrayBuffer> {
  const { seconds = 4 } = options;
  return soundOf(seed, castOf(seed, options, seconds), seconds);
}

/** What is seen and heard in a clip. */
interface Cast {
  frameRate: number;
  /** Indices into MATERIALS and SOURCES. */
  material: number;
  source: number;
  objectSize: number;
  timeline: SoundTimeline;
  events: SoundEvent[];
}

function castOf(seed: number, options: ClipOptions, seconds: number): Cast {
  const random = new Random(seed, 'cast');
  const frameRate = options.frameRate ?? random.pick(FRAME_RATES);
  const [material, source] = choosePair(options, random);
  const objectSize = random.uniform(0.65, 1.6);
  const timeline = soundTimeline(SOURCES[source]!, seconds, new Random(seed, 'events'));
  const events = timeline.schedule.contacts.filter(({ time }) => time < seconds);
  return { frameRate, material, source, objectSize, timeline, events };
}

function soundOf(
  seed: number,
  { material: index, objectSize, timeline, events }: Cast,
  seconds: number,
): Float32Array<ArrayBuffer> {
  const random = new Random(seed, 'sound');
  const material = MATERIALS[index]!;
  const sound = new Float32Array(Math.round(seconds * SAMPLE_RATE));
  if (timeline.rate) addBandNoise(sound, material, timeline.rate, random);
  const modes = modesOf(material, objectSize, random);
  for (const { time, velocity } of events) addStrike(sound, time, modes, velocity, random);
  reverberate(sound, random.uniform(0.08, 0.4) / 5, random.uniform(0, 0.025));
  addBackgroundNoise(sound, 10 ** (random.uniform(-62, -45) / 20), random);
  limitPeak(sound);
  return sound;
}

function choosePair({ material, source, pairs = 'training' }: ClipOptions, random: Random): [number, number] {
  const wanted: [number, number][] = [];
  for (let m = 0; m < MATERIALS.length; m++) {
    for (let s = 0; s < SOURCES.length; s++) {
      if ((material ?? m) !== m || (source ?? s) !== s) continue;
      const free = material !== undefined && source !== undefined;
      if (free || pairs === 'all' || isHeldOutPair(m, s) === (pairs === 'held-out')) wanted.push([m, s]);
    }
  }
  if (wanted.length === 0) {
    throw new FoleyError(
      `foley world: no pair with material ${material ?? 'any'} (0–${MATERIALS.length - 1}), source ${source ?? 'any'} ` +
        `(0–${SOURCES.length - 1}) among the ${pairs} pairs; ask for other ones or for pairs: 'all'`,
    );
  }
  return random.pick(wanted);
}

/** Values of sensor noise, drawn once for all clips; each row of each frame reads them from another place. */
const GRAINS = 1 << 14;
const grain = ((): Float32Array => {
  const random = new Random(0, 'grain');
  return new Float32Array(GRAINS).map(() => random.normal());
})();

type Frames = Pick<WorldClip, 'frames' | 'frameCount' | 'times'>;

interface RenderOptions {
  seconds: number;
  frameRate: number;
  size: number;
  channels: 1 | 3;
  background: Color;
}

/** Renders a scene as a camera films it: shutter, lens, exposure, sensor noise, tone curve. */
function renderFrames(scene: SceneAnimation, options: RenderOptions, seed: number): Frames {
  const { seconds, frameRate, size, channels } = options;
  const random = new Random(seed, 'camera');
  const canvas = createCanvas(size, channels);
  const camera = new Camera(canvas, options.background, seconds, random);
  const distractor = random.chance(0.35) ? silentMotion(random) : undefined;
  const film = filmOf(frameRate, random);
  const noiseRandom = new Random(seed, 'noise');

  const frameCount = Math.floor(seconds * frameRate + 1e-6);
  const values = size * size * channels;
  const frames = new Uint8Array(frameCount * values);
  const times = new Float64Array(frameCount);
  const light = new Float32Array(values);
  for (let frame = 0; frame < frameCount; frame++) {
    const time = frame / frameRate;
    times[frame] = time;
    light.fill(0);
    const { shutter, exposures } = film;
    for (let i = 0; i < exposures; i++) {
      const moment = Math.max(0, time + shutter * (exposures === 1 ? 0 : i / (exposures - 1) - 0.5));
      camera.beginFrame(moment);
      scene(camera, moment);
      distractor?.(camera, moment);
      for (let p = 0; p < values; p++) light[p]! += canvas.pixels[p]!;
    }
    const gain = (film.exposure * (1 + film.flicker * Math.sin(time * film.flickerPace))) / exposures;
    const image = film.lensBlur ? blur(light, canvas.pixels, size, channels) : light;
    develop(image, frames.subarray(frame * values, (frame + 1) * values), { film, gain, size, channels }, noiseRandom);
  }
  return { frames, frameCount, times };
}

/** What camera and light do to all frames of a clip. */
interface Film {
  /** Relative change of the light, and its angular frequency in radians a second. */
  flicker: number;
  flickerPace: number;
  exposure: number;
  /** Seconds that the shutter is open, and how many renderings are averaged over that time. */
  shutter: number;
  exposures: number;
  lensBlur: boolean;
  /** Standard deviation of the sensor noise. */
  noise: number;
  tones: Uint8ClampedArray;
  mirrored: boolean;
}

function filmOf(frameRate: number, random: Random): Film {
  const flicker = random.pick([0, 0, 0.1]);
  const flickerPace = random.uniform(1, 20);
  const exposure = random.uniform(0.6, 1.15);
  const shutter = random.chance(0.5) ? random.uniform(0.3, 1) / frameRate : 0;
  const exposures = shutter > 0 ? 3 : 1;
  const lensBlur = random.chance(0.3);
  const noise = random.pick([0.005, 0.01, 0.02, 0.04]);
  const tones = toneCurve(2 ** random.uniform(-0.6, 0.6), random.uniform(0.7, 1.2), random.uniform(-0.08, 0.12));
  const mirrored = random.chance(0.5);
  return { flicker, flickerPace, exposure, shutter, exposures, lensBlur, noise, tones, mirrored };
}

/** From light to bytes: gain, sensor noise, tone curve, mirroring. */
function develop(
  light: Float32Array,
  out: Uint8Array,
  { film, gain, size, channels }: { film: Film; gain: number; size: number; channels: number },
  random: Random,
): void {
  const { noise, tones, mirrored } = film;
  for (let row = 0; row < size; row++) {
    let from = random.bits() & (GRAINS - 1);
    for (let column = 0; column < size; column++) {
      const target = (row * size + (mirrored ? size - 1 - column : column)) * channels;
      const source = (row * size + column) * channels;
      for (let c = 0; c < channels; c++, from++) {
        const value = light[source + c]! * gain + noise * grain[from & (GRAINS - 1)]!;
        out[target + c] = tones[value <= 0 ? 0 : value >= 1 ? 1023 : (value * 1023) | 0]!;
      }
    }
  }
}

/** The byte for each of 1,024 levels of light in 0–1: gamma, contrast about the middle, lift. */
function toneCurve(gamma: number, contrast: number, lift: number): Uint8ClampedArray {
  return Uint8ClampedArray.from(
    { length: 1024 },
    (_, i) => 255 * (((i / 1023) ** gamma - 0.5) * contrast + 0.5 + lift),
  );
}

/** The mean of each pixel and its four neighbors, from `light` into `out`; edges are repeated. */
function blur(light: Float32Array, out: Float32Array, size: number, channels: number): Float32Array {
  const line = size * channels;
  for (let i = 0; i < light.length; i++) {
    const column = i % line;
    const above = light[i < line ? i : i - line]!;
    const below = light[i + line < light.length ? i + line : i]!;
    const left = light[column < channels ? i : i - channels]!;
    const right = light[column + channels < line ? i + channels : i]!;
    out[i] = (light[i]! + above + below + left + right) / 5;
  }
  return out;
}

/** An object that moves about the frame without a sound. */
function silentMotion(random: Random): (camera: Camera, seconds: number) => void {
  const [x, y] = [random.uniform(-0.9, 0.9), random.uniform(-0.9, 0.9)];
  const [paceX, paceY, phase] = [random.uniform(0.5, 4), random.uniform(0.5, 4), random.uniform(0, 6)];
  const [w, h] = [random.uniform(0.06, 0.2), random.uniform(0.06, 0.2)];
  const shape = random.pick(SHAPES);
  const style = randomStyle(random);
  return (camera, t) => {
    const px = x + 0.5 * Math.sin(t * paceX + phase);
    camera.drawInFrame(shape, px, y + 0.3 * Math.sin(t * paceY), 0, w, h, style);
  };
}
