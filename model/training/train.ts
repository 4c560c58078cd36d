/** The whole training of a model from its config: data, codec, latents, encoder, generator, weights files. */

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Engine, Graph } from '../../engine/engine.js';
import {
  describeFiles,
  encodeF16,
  type Manifest,
  openSafetensors,
  requireSameProvenance,
  withFile,
  writeManifest,
  writeSafetensors,
} from '../../weights/index.js';
import { Parameters } from '../networks/parameters.js';
import { buildModel } from '../onset/model.js';
import { codecStage } from './codec-stage.js';
import type { StageName, TrainingConfig } from './config.js';
import { ClipMixture } from './data/clip-mixture.js';
import { footageClips } from './data/footage-clips.js';
import { footageUses } from './data/footage-uses.js';
import { addLatents } from './data/latents.js';
import { worldClips } from './data/training-data.js';
import { encoderStage } from './encoder-stage.js';
import { generatorStage } from './generator-stage.js';
import type { Stage } from './stage.js';
import { digestOf, discardCheckpoint, runStage, type TrainingProgress } from './trainer.js';

export interface TrainOptions {
  engine: Engine;
  config: TrainingConfig;
  /** Checkpoints and finished parts lie here. */
  folder: string;
  resume: boolean;
  engineVersion: string;
  /** Path of the config, for the manifest. */
  configPath: string;
  configSha256: string;
  checkpointSeconds?: number;
  onProgress?: (progress: TrainingProgress) => void;
  /** One line for people. */
  onNote?: (line: string) => void;
  onData?: (done: number, total: number, what: string) => void;
  signal?: AbortSignal;
}

type Weights = Map<string, Float32Array>;

/** Trains what is not yet trained in `folder` and writes the shippable weights to `folder/weights`. */
export async function train(options: TrainOptions): Promise<void> {
  const { engine, config, folder } = options;
  mkdirSync(folder, { recursive: true });
  const model = buildModel(config.model);
  const { heard, watched, footage } = await readData(options);
  // What the data is, not where it lies: a folder of footage may be moved.
  const data = { ...config.data, footage };

  const codec = await finished(options, 'codec', digestOf(config.seed, data, config.model.codec, config.codec), () =>
    codecStage(model, config, heard),
  );
  const normalisation = await addLatents(engine, model, codec.weights, watched.all, {
    onProgress: options.onData,
    signal: options.signal,
  });
  const encoder = await finished(options, 'encoder', digestOf(config.seed, data, config.model, config.encoder), () =>
    encoderStage(model, config, watched),
  );
  const generator = await finished(
    options,
    'generator',
    digestOf({ ...config, data }, codec.digest, encoder.digest),
    () => generatorStage(model, config, watched),
    encoder.weights,
  );
  await writeWeights(options, codec.weights, new Map([...generator.weights, ...normalisation]), footage);
}

type FootageFacts = Manifest['trainedWith']['footage'];

interface TrainingData {
  /** What the codec learns from. */
  heard: ClipMixture;
  /** What encoder and generator learn from. */
  watched: ClipMixture;
  footage: FootageFacts;
}

/** Reads what the config asks for: footage first, whose faults show at once, then the world, which may take an hour to make. */
async function readData({ engine, config, onData, onNote, signal }: TrainOptions): Promise<TrainingData> {
  const { world } = config.data;
  const progress = { onProgress: onData, signal };
  const { folder = '', share = 0 } = config.data.footage ?? {};
  if (share === 0) {
    const clips = new ClipMixture(await worldClips(engine, config, 'train', world.clips, progress));
    return { heard: clips, watched: clips, footage: undefined };
  }
  const { clips, provenance } = await footageClips(engine, folder, { size: world.size, ...progress });
  const { heard, watched, summary } = footageUses(config, clips);
  onNote?.(summary);
  const made = share < 1 ? await worldClips(engine, config, 'train', world.clips, progress) : [];
  return {
    heard: new ClipMixture(made, heard, share),
    watched: new ClipMixture(made, watched, share),
    footage: { ...provenance, share },
  };
}

/** A stage's weights: read where it was finished before with the same provenance, else trained. */
async function finished(
  options: TrainOptions,
  name: StageName,
  provenance: string,
  stage: () => Stage,
  given: Weights = new Map(),
): Promise<{ weights: Weights; digest: string }> {
  const path = join(options.folder, `${name}.safetensors`);
  if (!existsSync(path) || !options.resume) {
    const weights = await runStage({
      ...options,
      stage: stage(),
      seed: options.config.seed,
      provenance,
      given,
      checkpointSeconds: options.checkpointSeconds ?? 180,
    });
    const shapes = shapesOf(options.config, name);
    await writeSafetensors(
      path,
      [...weights].map(([tensor, data]) => ({
        name: tensor,
        dtype: 'F32' as const,
        shape: shapes.get(tensor)!,
        data: data as Float32Array<ArrayBuffer>,
      })),
      { metadata: { provenance } },
    );
    discardCheckpoint(options.folder, name);
  }
  return withFile(path, async (source) => {
    const file = await openSafetensors(source);
    requireSameProvenance(provenance, file.metadata.provenance, `stage ${name} in ${path}`);
    const weights: Weights = new Map();
    for (const tensor of file.tensors.keys()) weights.set(tensor, await file.readAsF32(tensor));
    return { weights, digest: digestOf(provenance) };
  });
}

/** Shapes of the parameters that a stage trains. */
function shapesOf(config: TrainingConfig, name: StageName): Map<string, readonly number[]> {
  const p = new Parameters(new Graph());
  const model = buildModel(config.model);
  const stage = { codec: codecStage, encoder: encoderStage, generator: generatorStage }[name](
    model,
    config,
    new ClipMixture([]),
  );
  stage.build(p);
  return new Map([...p.specs.values()].map((s) => [s.name, s.shape]));
}

async function writeWeights(
  options: TrainOptions,
  codec: Weights,
  generator: Weights,
  footage: FootageFacts,
): Promise<void> {
  const { config } = options;
  const folder = join(options.folder, 'weights');
  mkdirSync(folder, { recursive: true });
  const half = (weights: Weights, shapes: Map<string, readonly number[]>) =>
    [...weights].map(([name, data]) => ({
      name,
      dtype: 'F16' as const,
      shape: shapes.get(name) ?? [data.length],
      data: encodeF16(data),
    }));
  const made = await writeSafetensors(join(folder, 'codec.safetensors'), half(codec, shapesOf(config, 'codec')));
  await writeSafetensors(join(folder, 'generator.safetensors'), half(generator, shapesOf(config, 'generator')), {
    metadata: { codec: made.sha256, model: JSON.stringify(config.model) },
  });
  await writeManifest(folder, {
    model: config.name,
    version: '1',
    files: await describeFiles(folder, ['codec.safetensors', 'generator.safetensors']),
    trainedWith: {
      config: options.configPath,
      configSha256: options.configSha256,
      dataSeed: config.data.world.seed,
      steps: config.codec.steps + config.encoder.steps + config.generator.steps,
      engineVersion: options.engineVersion,
      ...(footage && { footage }),
    },
    dependsOn: { codec: made.sha256 },
  });
}
