/** `node engine look CLIP`: what is seen, scene by scene, and the sound class that follows. */

import type { Command } from 'commander';
import type { ClassifiedClip, Scene } from '../model/appearance/index.js';
import { appearanceWeights } from './appearance.js';
import { interruptible } from './interrupt.js';
import { number } from './options.js';
import { progress, result } from './terminal.js';

interface LookCommandOptions {
  start?: number;
  duration?: number;
  offline?: boolean;
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command('look')
    .description('say what is seen in a clip, scene by scene, and what sounds')
    .argument('<clip>', 'a video file')
    .option('--start <seconds>', 'begin of the part to look at', number(0))
    .option('--duration <seconds>', 'length of the part to look at', number(0, true))
    .option('--offline', 'use only weights that are in the cache')
    .option('--json', 'print one JSON object')
    .action(async (clip: string, { json, offline, ...part }: LookCommandOptions) => {
      const classified = await interruptible(async (signal) => {
        const weights = await appearanceWeights({ offline, signal });
        const { createEngine } = await import('../engine/engine.js');
        const { classifyScenes, ImageClassifier } = await import('../model/appearance/index.js');
        const { openClip } = await import('../model/media/index.js');
        const opened = await openClip(clip, { ...part, signal });
        const engine = await createEngine();
        const bar = progress('look');
        try {
          const classifier = await ImageClassifier.load(engine, weights, { signal });
          const onProgress = bar.update.bind(bar);
          return await classifyScenes(classifier, opened, { onProgress, signal });
        } finally {
          bar.stop();
          engine.dispose();
        }
      });
      result(json ? JSON.stringify({ clip, ...classified }) : inWords(classified));
    });
}

const share = (p: number): string => p.toFixed(2);

/** A line a scene. */
export function inWords({ scenes }: ClassifiedClip): string {
  return scenes.map(sceneInWords).join('\n');
}

function sceneInWords({ start, end, classes, sound }: Scene): string {
  const seen = classes.map(({ name, probability }) => `${name} ${share(probability)}`).join(', ');
  return `${start.toFixed(2)}–${end.toFixed(2)} s  ${sound.name} ${share(sound.probability)}  (${seen})`;
}
