/** Samples of the tagger's training: crops of sounds, changed in time, pitch, level and color, and mixed. */

import type { Random } from '../../foley/index.js';
import { TAGGER_WINDOW } from '../../networks/index.js';
import type { LabelledSound } from './labelled-sounds.js';

export interface TaggerSample {
  /** [TAGGER_WINDOW] in [−1, 1]. */
  sound: Float32Array;
  /** Probabilities of the classes. */
  target: Float32Array;
  /** Gain of each mel band in nepers, to be added to log magnitudes. */
  equalizer: Float32Array;
}

/** Share of samples that are mixed of two sounds. */
const MIXED = 0.5;
/** Sounds are played up to 2^±STRETCH faster, and higher by as much. */
const STRETCH = 0.2;
/** A crop of less than this share of its sound's mean power is drawn again, a few times: most of it is silence. */
const FAINT = 0.1;
const ATTEMPTS = 4;
/** Decibels below full scale of a sample's peak, at most. */
const QUIETEST = 30;

/**
 * A sample of one sound, or of two mixed as in between-class learning (Tokozume et al., ICLR 2018): at equal power, weighted
 * by p and 1 − p, with p and 1 − p as the probabilities of their classes.
 */
export function drawSample(
  draw: (random: Random) => LabelledSound,
  random: Random,
  { classes, bands }: { classes: number; bands: number },
): TaggerSample {
  const sound = new Float32Array(TAGGER_WINDOW);
  const target = new Float32Array(classes);
  const share = random.chance(MIXED) ? random.uniform() : 1;
  for (const weight of share < 1 ? [share, 1 - share] : [1]) {
    const source = draw(random);
    const crop = drawCrop(source.sound, random);
    const scale = weight / Math.sqrt(powerOf(crop) + 1e-12);
    for (let i = 0; i < sound.length; i++) sound[i]! += scale * crop[i]!;
    target[source.classIndex]! += weight;
  }
  const peak = sound.reduce((highest, value) => Math.max(highest, Math.abs(value)), 1e-9);
  const gain = 10 ** (-random.uniform(0, QUIETEST) / 20) / peak;
  return { sound: sound.map((value) => value * gain), target, equalizer: drawEqualizer(bands, random) };
}

/** A crop at a random time and rate of playing. A sound that is too short is followed by silence. */
function drawCrop(sound: Int16Array, random: Random): Float32Array {
  const rate = 2 ** random.uniform(-STRETCH, STRETCH);
  const latest = Math.max(0, sound.length - 1 - TAGGER_WINDOW * rate);
  const enough = FAINT * powerOf(sound);
  const crop = new Float32Array(TAGGER_WINDOW);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const start = random.uniform(0, latest);
    for (let i = 0; i < TAGGER_WINDOW; i++) {
      const position = start + i * rate;
      const before = Math.floor(position);
      const [a, b] = [sound[before] ?? 0, sound[before + 1] ?? 0];
      crop[i] = a + (b - a) * (position - before);
    }
    if (powerOf(crop) >= enough) break;
  }
  return crop;
}

function powerOf(sound: Float32Array | Int16Array): number {
  let sum = 0;
  for (const value of sound) sum += value * value;
  return sum / sound.length;
}

/** Nepers at four places of the spectrum, from a normal distribution; 0.5 is 4.3 dB. */
const TILT = 0.5;
/** Nepers below, of what a band limit takes away: 26 dB. */
const CUT = 3;

/** A smooth random filter, and now and then a limit of the band from below or above, as of small loudspeakers and codecs. */
function drawEqualizer(bands: number, random: Random): Float32Array {
  const gains = new Float32Array(bands);
  const knots = Array.from({ length: 4 }, () => random.normal(0, TILT));
  for (let band = 0; band < bands; band++) {
    const place = (band / (bands - 1)) * (knots.length - 1);
    const left = Math.min(knots.length - 2, Math.floor(place));
    gains[band] = knots[left]! + (knots[left + 1]! - knots[left]!) * (place - left);
  }
  const lowest = random.chance(0.15) ? random.uniform(0, 0.3) * bands : 0;
  const highest = random.chance(0.25) ? random.uniform(0.5, 1) * bands : bands;
  return gains.map((gain, band) => (band < lowest || band >= highest ? gain - CUT : gain));
}
