/**
 * Trains a codec whose decoder draws noise: spectral energy distance of two samples of each crop, and distances of what noise
 * leaves alone (recipe §2b).
 */

import { add, addScalar, logMel, mean, randomNormal, relu, scale, square, type Tensor } from '../../engine/engine.js';
import type { Random } from '../foley/index.js';
import { logMelFrames, type OnsetModel, SAMPLE_RATE } from '../onset/index.js';
import type { TrainingConfig } from './config.js';
import type { SoundMixture } from './data/index.js';
import { meanDistance, spectralEnergyDistance } from './energy-distance.js';
import type { TrainingStage } from './training-stage.js';

/** Weight of the distances of log-mel spectra and envelopes beside the energy distance. */
const ANCHOR_WEIGHT = 0.3;
/** Peak of a crop at its loudest, and by how many octaves it may be softer. */
const PEAK = 0.5;
const SOFTER = 4;
/** Crops below this root mean square of full scale are silence: drawn anew, a few times. */
const SILENCE = 1e-3;
const ATTEMPTS = 8;

export function stochasticCodecStage(model: OnsetModel, config: TrainingConfig, sounds: SoundMixture): TrainingStage {
  const { batch, crop, noise } = config.codec;
  const { melBands } = config.model.codec;
  return {
    name: 'codec',
    optimizer: config.codec,
    trains: ['codec.'],
    build(p) {
      const { graph } = p;
      const sound = graph.input('sound', [batch, crop]);
      const seed = graph.input('seed', [2], 'u32');
      const firstFrame = graph.constant(new Uint32Array(1));
      const latents = model.codec.encode(p, sound);
      const noisyLatents = add(latents, scale(randomNormal(graph, latents.shape, { seed, stream: 0 }), noise));
      const samples = model.codec.decode(p, noisyLatents, { seed, firstFrame, samples: 2 });
      const spectral = spectralEnergyDistance(sound, samples);
      // Without these the decoder learns to draw any plausible envelope long before the one that the latents tell.
      const mel = meanDistance(sound, samples, (x) => logMelFrames(x, melBands));
      const envelope = meanDistance(sound, samples, bandEnvelopes);
      const overflow = relu(addScalar(mean(square(latents)), -1));
      const anchored = add(spectral, scale(add(mel, envelope), ANCHOR_WEIGHT));
      return { loss: add(anchored, scale(overflow, 0.01)), figures: { spectral, mel, envelope } };
    },
    batch(step, random) {
      const sound = new Float32Array(batch * crop);
      for (const [b, clip] of sounds.draw(batch, random).entries()) {
        drawCrop(sound.subarray(b * crop, (b + 1) * crop), clip.sound, random);
      }
      return { sound, seed: Uint32Array.of(config.seed, step) };
    },
  };
}

/** Log magnitudes of a few bands every 5 ms, smooth enough that noise differs little from noise: [B, T, 16]. */
const bandEnvelopes = (sound: Tensor): Tensor =>
  logMel(sound, { sampleRate: SAMPLE_RATE, nFft: 256, hop: 80, bands: 16, framing: 'same' });

/** Fills `crop` with a random part of a sound at a random level: gain is not the codec's affair. */
function drawCrop(crop: Float32Array, sound: Int16Array, random: Random): void {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const start = random.integer(sound.length - crop.length + 1);
    let peak = 0;
    let power = 0;
    for (let i = 0; i < crop.length; i++) {
      const value = sound[start + i]! / 32767;
      crop[i] = value;
      peak = Math.max(peak, Math.abs(value));
      power += value * value;
    }
    if (Math.sqrt(power / crop.length) >= SILENCE) {
      const gain = (PEAK / peak) * 2 ** -random.uniform(0, SOFTER);
      for (let i = 0; i < crop.length; i++) crop[i]! *= gain;
      return;
    }
  }
}
