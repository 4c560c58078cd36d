/** Trains the visual encoder and the alignment heads: when something sounds, how loudly, and what (recipe §3, §4b). */

import { add, bceWithLogits, type Graph, logSoftmax, mean, mse, mul, scale, type Tensor } from '../../engine/engine.js';
import { type Alignment, type OnsetModel, SUBSTEPS } from '../onset/index.js';
import type { TrainingConfig } from './config.js';
import {
  type ClipMixture,
  type CropOptions,
  DEFAULT_AUGMENTATION,
  drawCrop,
  joinNeighbors,
  stackCrops,
} from './data/index.js';
import type { TrainingStage } from './training-stage.js';

/** Onsets are rare: a missed one weighs as much as this many false ones. */
const POSITIVE_WEIGHT = 4;

export interface AlignmentTargets {
  /** Onset and log energy at 100 Hz, [B, tokens, 4] each. */
  onset: Tensor;
  energy: Tensor;
  /** One-hot class [B, classes], all zeros where the class is not known. */
  classOneHot: Tensor;
}

/** The targets as inputs of the graph. */
export function alignmentTargets(graph: Graph, batch: number, tokens: number, classes: number): AlignmentTargets {
  return {
    onset: graph.input('onset', [batch, tokens, SUBSTEPS]),
    energy: graph.input('energy', [batch, tokens, SUBSTEPS]),
    classOneHot: graph.input('class-one-hot', [batch, classes]),
  };
}

/** Binary cross-entropy of onsets, squared error of energy, cross-entropy of the class. */
export function alignmentLoss(
  heads: Alignment,
  targets: AlignmentTargets,
): { loss: Tensor; figures: Record<string, Tensor> } {
  const onset = bceWithLogits(heads.onsetLogits, targets.onset, { positiveWeight: POSITIVE_WEIGHT });
  const energy = mse(heads.energy, targets.energy);
  const kind = scale(mean(mul(logSoftmax(heads.classLogits), targets.classOneHot)), -targets.classOneHot.shape[1]!);
  return { loss: add(scale(add(onset, energy), 0.5), scale(kind, 0.1)), figures: { onset, energy, class: kind } };
}

export function encoderStage(model: OnsetModel, config: TrainingConfig, clips: ClipMixture): TrainingStage {
  const { batch, tokens } = config.encoder;
  const classes = config.model.classes.length;
  const { augmentation = DEFAULT_AUGMENTATION } = config;
  const options: CropOptions = { tokens, augmentation };
  return {
    name: 'encoder',
    optimizer: config.encoder,
    trains: ['encoder.'],
    build(p) {
      const visualFeatures = p.graph.input('visual-features', [batch, ...model.encoder.inputShape(tokens)]);
      const heads = model.heads(p, model.tokens(p, visualFeatures));
      return alignmentLoss(heads, alignmentTargets(p.graph, batch, tokens, classes));
    },
    batch(step, random) {
      const draw = clips.drawer(step, batch);
      const crops = Array.from({ length: batch }, () => drawCrop(draw(random), random, options));
      const { visualFeatures, onset, energy, classOneHot } = stackCrops(
        joinNeighbors(crops, random, augmentation.concatenate),
        classes,
      );
      return { 'visual-features': visualFeatures, onset, energy, 'class-one-hot': classOneHot };
    },
  };
}
