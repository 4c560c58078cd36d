/**
 * Trains everything from visual features to latents jointly: encoder, alignment heads and the flow-matching denoiser, on
 * the codec's normalized latents (recipe §3).
 */

import { add, mse, mul, randomNormal, reshape, sub, where } from '../../engine/engine.js';
import { type OnsetModel, predictedTracks, TRACKS } from '../onset/index.js';
import type { TrainingConfig } from './config.js';
import {
  type ClipMixture,
  concatTracks,
  DEFAULT_AUGMENTATION,
  drawCrop,
  joinNeighbors,
  stackCrops,
} from './data/index.js';
import { alignmentLoss, alignmentTargets } from './encoder-stage.js';
import type { TrainingStage } from './training-stage.js';

export function generatorStage(model: OnsetModel, config: TrainingConfig, clips: ClipMixture): TrainingStage {
  const { batch, tokens: length, dropCondition, trueTracks, freezeEncoder = false } = config.generator;
  const { augmentation = DEFAULT_AUGMENTATION } = config;
  const { embeddings } = model;
  const embedsTracks = embeddings.onset || embeddings.energy;
  const classes = config.model.classes.length;
  const channels = model.codec.latentChannels;
  return {
    name: 'generator',
    optimizer: config.generator,
    trains: freezeEncoder ? ['generator.'] : ['encoder.', 'generator.'],
    build(p) {
      const { graph } = p;
      const visualFeatures = graph.input('visual-features', [batch, ...model.encoder.inputShape(length)]);
      const targets = alignmentTargets(graph, batch, length, classes);
      const latents = graph.input('latents', [batch, length, channels]);
      const time = graph.input('time', [batch]);
      const keep = graph.input('keep', [batch]);
      const classIndex = graph.input('class-index', [batch], 'u32');
      const seed = graph.input('seed', [2], 'u32');
      const given = graph.input('true-tracks', [batch, length, TRACKS]);
      const useGiven = graph.input('use-true-tracks', [batch]);

      const tokens = model.tokens(p, visualFeatures);
      const heads = model.heads(p, tokens);
      const aligned = alignmentLoss(heads, targets);
      const tracks = where(reshape(useGiven, [batch, 1, 1]), given, predictedTracks(heads));
      const condition = model.condition(p, { tokens, tracks, classIndex, keep });
      const noise = randomNormal(graph, latents.shape, { seed, stream: 0 });
      const targetVelocity = sub(latents, noise);
      const noisyLatents = add(noise, mul(reshape(time, [batch, 1, 1]), targetVelocity));
      const flow = mse(model.velocity(p, { noisyLatents, time, condition }), targetVelocity);
      return { loss: add(flow, aligned.loss), figures: { flow, ...aligned.figures } };
    },
    batch(step, random) {
      const draw = clips.drawer(step, batch);
      const drawn = Array.from({ length: batch }, () =>
        drawCrop(draw(random), random, { tokens: length, augmentation, latentChannels: channels }),
      );
      const crops = joinNeighbors(drawn, random, augmentation.concatenate);
      const stacked = stackCrops(crops, classes);
      const kept = crops.map(() => Number(!random.chance(dropCondition)));
      const useTrueTracks = Float32Array.from(crops, () => Number(random.chance(trueTracks)));
      return {
        'visual-features': stacked.visualFeatures,
        onset: stacked.onset,
        energy: stacked.energy,
        'class-one-hot': stacked.classOneHot,
        latents: stacked.latents,
        ...(embedsTracks && {
          'true-tracks': concatTracks(stacked.onset, stacked.energy),
          'use-true-tracks': useTrueTracks,
        }),
        // Logit-normal times (Esser et al., 2024) sample the middle of the flow most, where the velocity is hardest.
        time: Float32Array.from(crops, () => 1 / (1 + Math.exp(-random.normal()))),
        keep: Float32Array.from(kept),
        ...(embeddings.class && {
          'class-index': Uint32Array.from(crops, (crop, i) => (kept[i] ? (crop.classIndex ?? classes) : classes)),
        }),
        seed: Uint32Array.of(config.seed, step),
      };
    },
  };
}
