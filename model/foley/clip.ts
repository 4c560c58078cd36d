/**
 * The foley world: endless clips of things striking things, each with its sound and the exact moments of contact.
 *
 * One clip is a pure function of its seed and options. Pictures come at a source's own frame rate, with shutter, noise,
 * gamma, camera work and things that move without a sound, because real footage has all of these.
 */

import { Camera } from './camera.js';
import { canvas, type Look, OUTLINES } from './canvas.js';
import { type LabelledClip, SAMPLE_RATE } from './labelled-clip.js';
import { type Colour, MATERIALS, strike, voiceOf } from './materials.js';
import { Random } from './random.js';
import { type Scene, SOURCES, sceneFor, scoreFor } from './scenes.js';
import { anyLook, wallColour } from './surfaces.js';
import { addBed, addContinuous, keepBelowClipping, reverberate } from './synthesiser.js';

/** Changes whenever any clip would: caches are kept by it. */
export const WORLD_VERSION = 1;

export const FRAME_RATES: readonly number[] = [15, 24, 25, 30_000 / 1001, 30];

/** Seeds from here on are for validation, those below for training. */
export const FIRST_VALIDATION_SEED = 1_000_000_000;

export type Split = 'train' | 'validation';
/** Which pairs of material and source may come: those of training, those kept out of it, or both. */
export type Pairs = 'seen' | 'unseen' | 'all';

export interface ClipOptions {
  /** Default 4. */
  seconds?: number;
  /** Pixels a side; default 64. */
  size?: number;
  /** Default true. */
  grey?: boolean;
  /** Frames a second; default: one of FRAME_RATES, by the seed. */
  frameRate?: number;
  /** Index into MATERIALS; default: by the seed. */
  material?: number;
  /** Index into SOURCES; default: by the seed. */
  source?: number;
  /** Default 'seen'. Not consulted where material and source are both given. */
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

/** Makes the clip of a seed. The same seed and options give the same bytes. */
export function makeClip(seed: number, options: ClipOptions = {}): WorldClip {
  const { seconds = 4, size = 64, grey = true } = options;
  const cast = new Random(seed, 'cast');
  const frameRate = options.frameRate ?? cast.pick(FRAME_RATES);
  const [material, source] = choosePair(options, cast);
  const bulk = cast.uniform(0.65, 1.6);
  const score = scoreFor(SOURCES[source], seconds, new Random(seed, 'events'));
  const events = score.schedule.contacts.filter(({ time }) => time < seconds);

  const sceneRandom = new Random(seed, 'scene');
  const wall = wallColour(sceneRandom);
  const scene = sceneFor(SOURCES[source], score, seconds, MATERIALS[material], bulk, wall, sceneRandom);
  const pictures = film(scene, wall, seconds, frameRate, size, grey ? 1 : 3, seed);

  const random = new Random(seed, 'sound');
  const sound = new Float32Array(Math.round(seconds * SAMPLE_RATE));
  if (score.rate) addContinuous(sound, MATERIALS[material], score.rate, random);
  const voice = voiceOf(MATERIALS[material], bulk, random);
  for (const { time, velocity } of events) strike(sound, time, voice, velocity, random);
  reverberate(sound, random.uniform(0.08, 0.4) / 5, random.uniform(0, 0.025));
  addBed(sound, 10 ** (random.uniform(-62, -45) / 20), random);
  keepBelowClipping(sound);

  return {
    seed,
    split: seed < FIRST_VALIDATION_SEED ? 'train' : 'validation',
    seconds,
    size,
    channels: grey ? 1 : 3,
    frameRate,
    ...pictures,
    sound,
    events,
    material,
    source,
    heldOut: isHeldOutPair(material, source),
  };
}

function choosePair({ material, source, pairs = 'seen' }: ClipOptions, random: Random): [number, number] {
  const wanted: [number, number][] = [];
  for (let m = 0; m < MATERIALS.length; m++) {
    for (let s = 0; s < SOURCES.length; s++) {
      if ((material ?? m) !== m || (source ?? s) !== s) continue;
      const free = material !== undefined && source !== undefined;
      if (free || pairs === 'all' || isHeldOutPair(m, s) === (pairs === 'unseen')) wanted.push([m, s]);
    }
  }
  if (wanted.length === 0) {
    throw new RangeError(
      `foley world: no pair with material ${material ?? 'any'} (0–${MATERIALS.length - 1}), source ${source ?? 'any'} ` +
        `(0–${SOURCES.length - 1}) among the ${pairs} pairs; ask for other ones or for pairs: 'all'`,
    );
  }
  return random.pick(wanted);
}

/** Points of sensor noise, drawn once for all clips; each row of each frame reads it from another place. */
const GRAINS = 1 << 14;
const grain = ((): Float32Array => {
  const random = new Random(0, 'grain');
  return new Float32Array(GRAINS).map(() => random.normal());
})();

type Pictures = Pick<WorldClip, 'frames' | 'frameCount' | 'times'>;

function film(
  scene: Scene,
  wall: Colour,
  seconds: number,
  rate: number,
  size: number,
  channels: 1 | 3,
  seed: number,
): Pictures {
  const random = new Random(seed, 'camera');
  const picture = canvas(size, channels);
  const camera = new Camera(picture, wall, seconds, random);
  const bystander = random.chance(0.35) ? silentMover(random) : undefined;
  // Light and lens.
  const flicker = random.pick([0, 0, 0.1]);
  const flickerPace = random.uniform(1, 20);
  const exposure = random.uniform(0.6, 1.15);
  const shutter = random.chance(0.5) ? random.uniform(0.3, 1) / rate : 0;
  const exposures = shutter > 0 ? 3 : 1;
  const blurred = random.chance(0.3);
  const noise = random.pick([0.005, 0.01, 0.02, 0.04]);
  const develop = developing(2 ** random.uniform(-0.6, 0.6), random.uniform(0.7, 1.2), random.uniform(-0.08, 0.12));
  const mirrored = random.chance(0.5);
  const noiseRandom = new Random(seed, 'noise');

  const frameCount = Math.floor(seconds * rate + 1e-6);
  const values = size * size * channels;
  const frames = new Uint8Array(frameCount * values);
  const times = new Float64Array(frameCount);
  const light = new Float32Array(values);
  for (let frame = 0; frame < frameCount; frame++) {
    const time = frame / rate;
    times[frame] = time;
    light.fill(0);
    for (let i = 0; i < exposures; i++) {
      const moment = Math.max(0, time + shutter * (exposures === 1 ? 0 : i / (exposures - 1) - 0.5));
      camera.aim(moment);
      scene(camera, moment);
      bystander?.(camera, moment);
      for (let p = 0; p < values; p++) light[p] += picture.pixels[p];
    }
    const gain = (exposure * (1 + flicker * Math.sin(time * flickerPace))) / exposures;
    const shown = blurred ? soften(light, picture.pixels, size, channels) : light;
    const out = frames.subarray(frame * values, (frame + 1) * values);
    for (let row = 0; row < size; row++) {
      let from = noiseRandom.bits() & (GRAINS - 1);
      for (let column = 0; column < size; column++) {
        const target = (row * size + (mirrored ? size - 1 - column : column)) * channels;
        const source = (row * size + column) * channels;
        for (let c = 0; c < channels; c++, from++) {
          const value = shown[source + c] * gain + noise * grain[from & (GRAINS - 1)];
          out[target + c] = develop[value <= 0 ? 0 : value >= 1 ? 1023 : (value * 1023) | 0];
        }
      }
    }
  }
  return { frames, frameCount, times };
}

/** From light, 0–1 in 1,024 steps, to a byte: gamma, contrast about the middle, lift. */
function developing(gamma: number, contrast: number, lift: number): Uint8ClampedArray {
  return Uint8ClampedArray.from(
    { length: 1024 },
    (_, i) => 255 * (((i / 1023) ** gamma - 0.5) * contrast + 0.5 + lift),
  );
}

/** A cross-shaped blur from `light` into `out`; past an edge the edge itself counts again. */
function soften(light: Float32Array, out: Float32Array, size: number, channels: number): Float32Array {
  const line = size * channels;
  for (let i = 0; i < light.length; i++) {
    const column = i % line;
    const above = light[i < line ? i : i - line];
    const below = light[i + line < light.length ? i + line : i];
    const left = light[column < channels ? i : i - channels];
    const right = light[column + channels < line ? i + channels : i];
    out[i] = (light[i] + above + below + left + right) / 5;
  }
  return out;
}

/** Something that moves about the picture and is never heard. */
function silentMover(random: Random): (camera: Camera, seconds: number) => void {
  const [x, y] = [random.uniform(-0.9, 0.9), random.uniform(-0.9, 0.9)];
  const [paceX, paceY, phase] = [random.uniform(0.5, 4), random.uniform(0.5, 4), random.uniform(0, 6)];
  const [w, h] = [random.uniform(0.06, 0.2), random.uniform(0.06, 0.2)];
  const outline = random.pick(OUTLINES);
  const look: Look = anyLook(random);
  return (camera, t) => {
    const px = x + 0.5 * Math.sin(t * paceX + phase);
    camera.drawInPicture(outline, px, y + 0.3 * Math.sin(t * paceY), 0, w, h, look);
  };
}
