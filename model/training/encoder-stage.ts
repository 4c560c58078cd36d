/** Trains encoder and alignment heads alone: when something sounds, how loudly, and what (recipe §3, §4b). */

import { add, bceWithLogits, logSoftmax, mean, mse, mul, scale, type Tensor } from '../../engine/engine.js';
import { Random } from '../foley/random.js';
import type { Parameters } from '../networks/parameters.js';
import type { Alignment } from '../onset/alignment.js';
import { SUBSTEPS } from '../onset/alignment.js';
import type { OnsetModel } from '../onset/model.js';
import type { TrainingConfig } from './config.js';
import type { ClipMixture } from './data/clip-mixture.js';
import { type CropOptions, drawCrop, stackCrops } from './data/crops.js';
import type { Stage } from './stage.js';

/** Onsets are rare: a missed one weighs as much as this many false ones. */
const POSITIVE_WEIGHT = 4;

export interface AlignmentTargets {
  onset: Tensor;
  energy: Tensor;
  /** One-hot class [B, classes], all zeros where the class is not known. */
  classOneHot: Tensor;
}

export function alignmentTargets(p: Parameters, batch: number, tokens: number, classes: number): AlignmentTargets {
  return {
    onset: p.graph.input('onset', [batch, tokens, SUBSTEPS]),
    energy: p.graph.input('energy', [batch, tokens, SUBSTEPS]),
    classOneHot: p.graph.input('class-one-hot', [batch, classes]),
  };
}

export function alignmentLoss(
  heads: Alignment,
  targets: AlignmentTargets,
): { loss: Tensor; figures: Record<string, Tensor> } {
  const onset = bceWithLogits(heads.onsetLogits, targets.onset, { positiveWeight: POSITIVE_WEIGHT });
  const energy = mse(heads.energy, targets.energy);
  const kind = scale(mean(mul(logSoftmax(heads.classLogits), targets.classOneHot)), -targets.classOneHot.shape[1]!);
  return { loss: add(scale(add(onset, energy), 0.5), scale(kind, 0.1)), figures: { onset, energy, class: kind } };
}

export function encoderStage(model: OnsetModel, config: TrainingConfig, clips: ClipMixture): Stage {
  const { batch, tokens } = config.encoder;
  const classes = config.model.classes.length;
  const options: CropOptions = { tokens, stretch: 0.6, augment: true };
  return {
    name: 'encoder',
    optimiser: config.encoder,
    trains: ['encoder.'],
    build(p) {
      const seen = p.graph.input('seen', [batch, ...model.encoder.inputShape(tokens)]);
      return alignmentLoss(model.heads(p, model.tokens(p, seen)), alignmentTargets(p, batch, tokens, classes));
    },
    batch(step) {
      const random = new Random(config.seed, `encoder ${step}`);
      const draw = clips.drawer(step, batch);
      const { seen, onset, energy, classOneHot } = stackCrops(
        Array.from({ length: batch }, () => drawCrop(draw(random), random, options)),
        classes,
      );
      return { seen, onset, energy, 'class-one-hot': classOneHot };
    },
  };
}
