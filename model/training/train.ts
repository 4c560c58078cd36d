/** The whole training of a model from its config: data, codec, latents, encoder, generator, weights files. */

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Engine } from '../../engine/engine.js';
import {
  describeFiles,
  encodeF16,
  openSafetensors,
  replaceFile,
  requireSameProvenance,
  type TensorToWrite,
  withFile,
  writeManifest,
  writeSafetensors,
} from '../../weights/index.js';
import { countParameters } from '../networks/index.js';
import { buildModel, type ModelConfig, type OnsetModel } from '../onset/index.js';
import { codecStage } from './codec-stage.js';
import type { StageName, TrainingConfig } from './config.js';
import { addLatents } from './data/index.js';
import { encoderStage } from './encoder-stage.js';
import { generatorStage } from './generator-stage.js';
import { stochasticCodecStage } from './stochastic-codec-stage.js';
import { digestOf, discardCheckpoint, runStage, type TrainingProgress } from './trainer.js';
import { readTrainingData, type TrainingData } from './training-data.js';
import type { TrainingStage } from './training-stage.js';

export interface TrainOptions {
  engine: Engine;
  config: TrainingConfig;
  /** Checkpoints and finished parts are written here. */
  folder: string;
  resume: boolean;
  engineVersion: string;
  /** Path of the config, for the manifest. */
  configPath: string;
  configSha256: string;
  checkpointSeconds?: number;
  /**
   * A folder of finished stages that trainings share: a stage that another one trained with the same provenance is taken from
   * it, and one that is trained here is put into it.
   */
  sharedStages?: string;
  onProgress?: (progress: TrainingProgress) => void;
  /** One line for people. */
  onNote?: (line: string) => void;
  onData?: (done: number, total: number, what: string) => void;
  signal?: AbortSignal;
}

/** What a training cost. */
export interface TrainingCost {
  /** Wall time of each stage's steps, wherever it was trained; NaN where an earlier version has not recorded it. */
  seconds: Readonly<Record<StageName, number>>;
  /** Parameters of each part of the model. */
  parameters: Readonly<Record<StageName, number>>;
}

interface PartTensors {
  weights: ReadonlyMap<string, Float32Array>;
  shapes: ReadonlyMap<string, readonly number[]>;
}

/** A part of the model: its weights, the digest of all that they depend on, and the wall time of its steps. */
interface TrainedPart extends PartTensors {
  digest: string;
  seconds: number;
}

/**
 * Trains the stages that are not yet finished in `folder` and writes the shippable weights to `folder/weights`.
 *
 * @throws {FootageError} or {FoleyError} for the data, {ProvenanceError} to resume what was trained otherwise,
 * {DivergedError} for a training that diverges, {WeightsError} for files, or the signal's reason
 */
export async function train(options: TrainOptions): Promise<TrainingCost> {
  const { engine, config, folder } = options;
  mkdirSync(folder, { recursive: true });
  const model = buildModel(config.model);
  const data = await readTrainingData(options);
  const { facts } = data;
  const codec = await trainedCodec(options, model, data);
  const statistics = await addLatents(engine, model, codec.weights, data.generator.all, {
    onProgress: options.onData,
    signal: options.signal,
  });
  const encoderDigest = digestOf(
    config.seed,
    facts,
    withoutSwitches(config.model),
    config.encoder,
    // Only where it is set, so that what was trained before this setting existed is still found.
    ...(config.augmentation ? [config.augmentation] : []),
  );
  const encoder = await trainedPart(options, 'encoder', encoderDigest, () =>
    encoderStage(model, config, data.generator),
  );
  const generator = await trainedPart(
    options,
    'generator',
    digestOf({ ...config, data: facts }, codec.digest, encoder.digest),
    () => generatorStage(model, config, data.generator),
    encoder.weights,
  );
  // What the generator's stage has not trained, a frozen encoder, stays as it was.
  const complete = {
    shapes: new Map([...encoder.shapes, ...generator.shapes]),
    weights: new Map([...encoder.weights, ...generator.weights, ...statistics]),
  };
  await writeWeights(options, codec, complete, data.provenance);
  const shapes = [...codec.shapes, ...complete.shapes].map(([name, shape]) => ({ name, shape }));
  const count = (part: StageName): number => countParameters(shapes.filter(({ name }) => name.startsWith(`${part}.`)));
  return {
    seconds: { codec: codec.seconds, encoder: encoder.seconds, generator: generator.seconds },
    parameters: { codec: count('codec'), encoder: count('encoder'), generator: count('generator') },
  };
}

/** A model without what only its generator is told; its encoder is trained the same with any of it. */
function withoutSwitches({ embeddings: _, ...model }: ModelConfig): ModelConfig {
  const { conditioning: __, ...generator } = model.generator;
  return { ...model, generator };
}

/**
 * Trains the codec alone, to `folder/codec.safetensors`: the clips that the other stages see are not made.
 *
 * @throws as `train` does
 */
export async function trainCodec(options: TrainOptions): Promise<void> {
  mkdirSync(options.folder, { recursive: true });
  const data = await readTrainingData(options, { onlySound: true });
  await trainedCodec(options, buildModel(options.config.model), data);
}

function trainedCodec(
  options: TrainOptions,
  model: OnsetModel,
  { codec: sounds, facts }: TrainingData,
): Promise<TrainedPart> {
  const { config } = options;
  const provenance = digestOf(config.seed, facts, config.model.codec, config.codec);
  const stage = model.codec.stochastic ? stochasticCodecStage : codecStage;
  return trainedPart(options, 'codec', provenance, () => stage(model, config, sounds));
}

/** Reads a part that was finished before with the same provenance, here or elsewhere; trains and writes it otherwise. */
async function trainedPart(
  options: TrainOptions,
  name: StageName,
  provenance: string,
  stage: () => TrainingStage,
  given?: TrainedPart['weights'],
): Promise<TrainedPart> {
  const path = join(options.folder, `${name}.safetensors`);
  if (!existsSync(path) || !options.resume) {
    const { sharedStages } = options;
    const shared = sharedStages && join(sharedStages, `${name}-${provenance.slice(0, 24)}.safetensors`);
    if (shared && existsSync(shared)) {
      await replaceFile(path, [readFileSync(shared)]);
    } else {
      await trainPart(options, path, { name, provenance, stage: stage(), given });
      if (shared) {
        mkdirSync(dirname(shared), { recursive: true });
        await replaceFile(shared, [readFileSync(path)]);
      }
    }
    discardCheckpoint(options.folder, name);
  }
  return withFile(path, async (source) => {
    const file = await openSafetensors(source);
    requireSameProvenance(provenance, file.metadata.provenance, `stage ${name} in ${path}`);
    const weights = new Map<string, Float32Array>();
    for (const tensor of file.tensors.keys()) weights.set(tensor, await file.readAsF32(tensor));
    const shapes = new Map([...file.tensors].map(([tensor, { shape }]) => [tensor, shape]));
    return { weights, shapes, digest: digestOf(provenance), seconds: Number(file.metadata.seconds) };
  });
}

/** Trains a part and writes it to `path`. */
async function trainPart(
  options: TrainOptions,
  path: string,
  part: { name: StageName; provenance: string; stage: TrainingStage; given: TrainedPart['weights'] | undefined },
): Promise<void> {
  const { provenance, stage, given = new Map() } = part;
  const { tensors, seconds } = await runStage({
    ...options,
    stage,
    seed: options.config.seed,
    provenance,
    given,
    checkpointSeconds: options.checkpointSeconds ?? 180,
  });
  await writeSafetensors(
    path,
    tensors.map(({ name, shape, data }) => ({ name, dtype: 'F32' as const, shape, data })),
    { metadata: { provenance, seconds: String(seconds) } },
  );
}

async function writeWeights(
  options: TrainOptions,
  codec: PartTensors,
  generator: PartTensors,
  { footage, sounds }: TrainingData['provenance'],
): Promise<void> {
  const { config } = options;
  const folder = join(options.folder, 'weights');
  mkdirSync(folder, { recursive: true });
  const written = await writeSafetensors(join(folder, 'codec.safetensors'), f16Tensors(codec));
  await writeSafetensors(join(folder, 'generator.safetensors'), f16Tensors(generator), {
    metadata: { codec: written.sha256, model: JSON.stringify(config.model) },
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
      ...(sounds && { sounds }),
    },
    dependsOn: { codec: written.sha256 },
  });
}

/** The statistics of the latents are of no stage; they are vectors. */
const f16Tensors = ({ weights, shapes }: PartTensors): TensorToWrite[] =>
  [...weights].map(([name, data]) => ({
    name,
    dtype: 'F16',
    shape: shapes.get(name) ?? [data.length],
    data: encodeF16(data),
  }));
