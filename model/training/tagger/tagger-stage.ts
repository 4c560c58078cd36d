/** Trains the audio tagger to name the classes of sounds. */

import { add, logSoftmax, mul, scale, sum } from '../../../engine/engine.js';
import type { Random } from '../../foley/index.js';
import { audioTagger, TAGGER_WINDOW, taggerMel } from '../../networks/index.js';
import type { TrainingStage } from '../training-stage.js';
import { drawSample } from './augmentation.js';
import type { TaggerTrainingConfig } from './config.js';
import type { LabelledSound, TaggerData } from './labelled-sounds.js';

export function taggerStage(config: TaggerTrainingConfig, data: TaggerData): TrainingStage {
  const { batch } = config.tagger;
  const { bands } = config.model;
  const classes = config.model.classes.length;
  const folders = byClass(data.folders.train);
  const world = byClass(data.world.train);
  // Every class of an origin is as likely as the others, however many sounds it has.
  const draw = (random: Random): LabelledSound =>
    random.pick(random.pick(random.chance(config.data.folderShare) ? folders : world));
  return {
    name: 'tagger',
    optimizer: config.tagger,
    trains: ['tagger.'],
    build(p) {
      const { graph } = p;
      const target = graph.input('target', [batch, classes]);
      const mel = taggerMel(graph.input('sound', [batch, TAGGER_WINDOW]), config.model);
      const filtered = add(mel, graph.input('equalizer', [batch, 1, bands]));
      const { logits } = p.in('tagger', () => audioTagger(p, config.model, filtered));
      // Cross-entropy with the probabilities of mixed sounds, mean over the batch.
      return { loss: scale(sum(mul(logSoftmax(logits), target)), -1 / batch), figures: {} };
    },
    batch(_step, random) {
      const sound = new Float32Array(batch * TAGGER_WINDOW);
      const target = new Float32Array(batch * classes);
      const equalizer = new Float32Array(batch * bands);
      for (let b = 0; b < batch; b++) {
        const sample = drawSample(draw, random, { classes, bands });
        sound.set(sample.sound, b * TAGGER_WINDOW);
        target.set(sample.target, b * classes);
        equalizer.set(sample.equalizer, b * bands);
      }
      return { sound, target, equalizer };
    },
  };
}

/** The sounds of each class that has any. */
function byClass(sounds: readonly LabelledSound[]): LabelledSound[][] {
  const classes = new Map<number, LabelledSound[]>();
  for (const each of sounds) classes.set(each.classIndex, [...(classes.get(each.classIndex) ?? []), each]);
  return [...classes.values()];
}
