/**
 * Trains everything that makes latents from pictures jointly: encoder, alignment heads and the flow-matching denoiser, on
 * the codec's normalised latents (recipe §3).
 */

import { add, mse, mul, randomNormal, reshape, sub, where } from '../../engine/engine.js';
import { Random } from '../foley/random.js';
import { predictedTracks, TRACKS } from '../onset/alignment.js';
import type { OnsetModel } from '../onset/model.js';
import type { TrainingConfig } from './config.js';
import type { ClipMixture } from './data/clip-mixture.js';
import { concatTracks, drawCrop, stackCrops } from './data/crops.js';
import { alignmentLoss, alignmentTargets } from './encoder-stage.js';
import type { Stage } from './stage.js';

export function generatorStage(model: OnsetModel, config: TrainingConfig, clips: ClipMixture): Stage {
  const { batch, tokens: length, dropCondition, trueTracks } = config.generator;
  const classes = config.model.classes.length;
  const channels = model.codec.latentChannels;
  return {
    name: 'generator',
    optimiser: config.generator,
    trains: ['encoder.', 'generator.'],
    build(p) {
      const { graph } = p;
      const seen = graph.input('seen', [batch, ...model.encoder.inputShape(length)]);
      const targets = alignmentTargets(p, batch, length, classes);
      const latents = graph.input('latents', [batch, length, channels]);
      const time = graph.input('time', [batch]);
      const keep = graph.input('keep', [batch]);
      const classIndex = graph.input('class-index', [batch], 'u32');
      const seed = graph.input('seed', [2], 'u32');
      const given = graph.input('true-tracks', [batch, length, TRACKS]);
      const useGiven = graph.input('use-true-tracks', [batch]);

      const tokens = model.tokens(p, seen);
      const heads = model.heads(p, tokens);
      const aligned = alignmentLoss(heads, targets);
      const tracks = where(reshape(useGiven, [batch, 1, 1]), given, predictedTracks(heads));
      const condition = model.condition(p, { tokens, tracks, classIndex, keep });
      const noise = randomNormal(graph, latents.shape, { seed, stream: 0 });
      const towards = sub(latents, noise);
      const noisy = add(noise, mul(reshape(time, [batch, 1, 1]), towards));
      const flow = mse(model.velocity(p, { noisyLatents: noisy, time, condition }), towards);
      return { loss: add(flow, aligned.loss), figures: { flow, ...aligned.figures } };
    },
    batch(step) {
      const random = new Random(config.seed, `generator ${step}`);
      const draw = clips.drawer(step, batch);
      const crops = Array.from({ length: batch }, () =>
        drawCrop(draw(random), random, {
          tokens: length,
          stretch: 0,
          augment: true,
          latentChannels: channels,
        }),
      );
      const stacked = stackCrops(crops, classes);
      const kept = crops.map(() => Number(!random.chance(dropCondition)));
      return {
        seen: stacked.seen,
        onset: stacked.onset,
        energy: stacked.energy,
        'class-one-hot': stacked.classOneHot,
        latents: stacked.latents,
        'true-tracks': concatTracks(stacked.onset, stacked.energy),
        'use-true-tracks': Float32Array.from(crops, () => Number(random.chance(trueTracks))),
        // Logit-normal times look most at the middle of the flow, where the velocity is hardest.
        time: Float32Array.from(crops, () => 1 / (1 + Math.exp(-random.normal()))),
        keep: Float32Array.from(kept),
        'class-index': Uint32Array.from(crops, (crop, i) => (kept[i] ? (crop.classIndex ?? classes) : classes)),
        seed: Uint32Array.of(config.seed, step),
      };
    },
  };
}
