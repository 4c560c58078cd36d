/** Trains the codec on crops of sound: multi-resolution STFT and log-mel distances (recipe §2). */

import {
  abs,
  add,
  addScalar,
  div,
  log,
  mean,
  modulus,
  randomNormal,
  relu,
  scale,
  square,
  stft,
  sub,
  sum,
  type Tensor,
} from '../../engine/engine.js';
import { logMelFrames, type OnsetModel } from '../onset/index.js';
import type { TrainingConfig } from './config.js';
import type { SoundMixture } from './data/index.js';
import { STFT_RESOLUTIONS } from './stft-resolutions.js';
import type { TrainingStage } from './training-stage.js';

export function codecStage(model: OnsetModel, config: TrainingConfig, sounds: SoundMixture): TrainingStage {
  const { batch, crop, noise } = config.codec;
  const hop = model.codec.samplesPerLatent;
  return {
    name: 'codec',
    optimizer: config.codec,
    trains: ['codec.'],
    build(p) {
      const sound = p.graph.input('sound', [batch, crop]);
      const seed = p.graph.input('seed', [2], 'u32');
      const latents = model.codec.encode(p, sound);
      const noisyLatents = add(latents, scale(randomNormal(p.graph, latents.shape, { seed, stream: 0 }), noise));
      const reconstructed = model.codec.decode(p, noisyLatents);
      const spectral = spectralLoss(reconstructed, sound);
      const mel = mean(
        abs(
          sub(
            logMelFrames(reconstructed, config.model.codec.melBands),
            logMelFrames(sound, config.model.codec.melBands),
          ),
        ),
      );
      const overflow = relu(addScalar(mean(square(latents)), -1));
      const loss = add(add(spectral, scale(mel, 0.3)), scale(overflow, 0.01));
      return { loss, figures: { spectral, mel } };
    },
    batch(step, random) {
      const sound = new Float32Array(batch * crop);
      for (const [b, clip] of sounds.draw(batch, random).entries()) {
        const start = random.integer(Math.floor((clip.sound.length - crop) / hop) + 1) * hop;
        const gain = random.uniform(0.3, 1.3) / 32767;
        for (let i = 0; i < crop; i++) sound[b * crop + i] = clip.sound[start + i]! * gain;
      }
      return { sound, seed: Uint32Array.of(config.seed, step) };
    },
  };
}

/** Mean over resolutions of relative L1 of magnitudes + .25 L1 of their logs + .15 relative L1 of the complex difference. */
function spectralLoss(reconstructed: Tensor, sound: Tensor): Tensor {
  const magnitude = (x: Tensor, fft: number, hop: number): Tensor =>
    modulus(stft(x, { nFft: fft, hop }), 'magnitude', { eps: 1e-12 });
  const difference = sub(reconstructed, sound);
  const terms = STFT_RESOLUTIONS.map(([fft, hop]) => {
    const [a, b, d] = [reconstructed, sound, difference].map((x) => magnitude(x, fft, hop));
    const total = addScalar(sum(b!), 1e-3);
    const logs = (x: Tensor): Tensor => log(addScalar(x, 1e-4));
    return add(
      div(add(sum(abs(sub(a!, b!))), scale(sum(d!), 0.15)), total),
      scale(mean(abs(sub(logs(a!), logs(b!)))), 0.25),
    );
  });
  return scale(terms.reduce(add), 1 / terms.length);
}
