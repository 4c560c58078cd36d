/** The whole training of the audio tagger from its config: sounds, steps, weights, and what it hears of held-out sounds. */

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  describeFiles,
  openSafetensors,
  requireSameProvenance,
  tensorOf,
  withFile,
  writeManifest,
  writeSafetensors,
} from '../../../weights/index.js';
import { WORLD_VERSION } from '../../foley/index.js';
import { AudioTagger, meanOfWindows, TAGGER_FILE } from '../../networks/index.js';
import type { TrainOptions } from '../train.js';
import { digestOf, discardCheckpoint, runStage } from '../trainer.js';
import type { TaggerTrainingConfig } from './config.js';
import { type LabelledSound, type TaggerData, taggerData } from './labelled-sounds.js';
import { taggerStage } from './tagger-stage.js';

export interface TrainTaggerOptions extends Omit<TrainOptions, 'config'> {
  config: TaggerTrainingConfig;
}

/**
 * Trains the tagger, unless `resume` finds it finished in `folder`, writes the shippable weights to `folder/weights`, and
 * measures them on the held-out sounds; the figures go to `onNote` and into the manifest.
 *
 * @throws {SoundsError} or {MediaError} for the sounds, {ProvenanceError} to resume what was trained otherwise,
 * {DivergedError} for a training that diverges, {WeightsError} for files, or the signal's reason
 */
export async function trainTagger(options: TrainTaggerOptions): Promise<void> {
  const { engine, config, onNote } = options;
  const folder = join(options.folder, 'weights');
  mkdirSync(folder, { recursive: true });
  const data = await taggerData(config, { onProgress: options.onData, signal: options.signal });
  const folders = config.data.folders.map(({ train, heldOut }) => ({ train, heldOut }));
  // What the data is, not where it lies: a folder of sounds may be moved.
  const provenance = digestOf({ ...config, data: { ...config.data, folders } }, data.foldersSha256, WORLD_VERSION);
  const path = join(folder, TAGGER_FILE);
  if (!options.resume || !existsSync(path)) await trainWeights(options, data, path, provenance);
  await withFile(path, async (source) => {
    const { metadata } = await openSafetensors(source);
    requireSameProvenance(provenance, metadata.provenance, `the tagger in ${path}`);
  });
  await writeTaggerManifest(options, data, folder);
  const tagger = await AudioTagger.load(engine, folder);
  try {
    const notes: Record<string, number> = {};
    for (const [name, { heldOut }] of [
      ['folders', data.folders],
      ['world', data.world],
    ] as const) {
      notes[`held-out sounds, ${name}`] = heldOut.length;
      notes[`held-out accuracy, ${name}`] = await accuracyOf(tagger, heldOut, options.signal);
    }
    for (const [name, value] of Object.entries(notes)) onNote?.(`${name}: ${value}`);
    await writeTaggerManifest(options, data, folder, notes);
  } finally {
    await tagger.dispose();
  }
}

async function trainWeights(
  options: TrainTaggerOptions,
  data: TaggerData,
  path: string,
  provenance: string,
): Promise<void> {
  const { config } = options;
  const { tensors: trained } = await runStage({
    ...options,
    stage: taggerStage(config, data),
    seed: config.seed,
    provenance,
    given: new Map(),
    checkpointSeconds: options.checkpointSeconds ?? 180,
  });
  const tensors = trained.map(({ name, shape, data: values }) => tensorOf(name, shape, values, 'F16'));
  await writeSafetensors(path, tensors, { metadata: { provenance, model: JSON.stringify(config.model) } });
  discardCheckpoint(options.folder, 'tagger');
}

async function writeTaggerManifest(
  { config, configPath, configSha256, engineVersion }: TrainTaggerOptions,
  data: TaggerData,
  folder: string,
  notes: Record<string, number> = {},
): Promise<void> {
  await writeManifest(folder, {
    model: config.name,
    version: '1',
    files: await describeFiles(folder, [TAGGER_FILE]),
    trainedWith: {
      config: configPath,
      configSha256,
      dataSeed: config.seed,
      steps: config.tagger.steps,
      engineVersion,
    },
    dependsOn: {},
    notes: {
      'training sounds, folders': data.folders.train.length,
      'training sounds, world': data.world.train.length,
      'sha256 of the folders': data.foldersSha256,
      ...notes,
    },
  });
}

/** Share of the sounds whose likeliest class is their own. */
async function accuracyOf(
  tagger: AudioTagger,
  sounds: readonly LabelledSound[],
  signal: AbortSignal | undefined,
): Promise<number> {
  let right = 0;
  for (const { sound, classIndex } of sounds) {
    const samples = Float32Array.from(sound, (value) => value / 32_767);
    const [windows = []] = await tagger.tag([samples], { ...(signal && { signal }) });
    const { logits } = meanOfWindows(windows);
    if (logits.indexOf(Math.max(...logits)) === classIndex) right++;
  }
  return right / sounds.length;
}
