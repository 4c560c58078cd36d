/** The registry of model families, and the way from a name or a folder of weights to a loaded model. */

import { join } from 'node:path';
import type { Engine } from '../engine/engine.js';
import { OnsetError } from '../kernels/errors.js';
import { pulledFolder } from '../weights/hub/cache.js';
import { fileExists, MANIFEST_NAME } from '../weights/index.js';
import { shippedWeights } from './onset/shipped-weights.js';
import type { CallOptions, VideoToAudioModel } from './video-to-audio.js';
import type { VtaLdmStage, VtaLdmStageRequest } from './vta-ldm/index.js';

/** What `node engine stage` passes to any stage (the options of all families), and a stage that takes it. */
export type AnyStageRequest = VtaLdmStageRequest;
export type AnyStage = VtaLdmStage;

export interface ModelFamily {
  /** As in `--model NAME`; of a model that is pulled, also the target of `node engine pull`. */
  readonly name: string;
  /** The default folder of weights; throws an error that says how to get them where they are not there. */
  weights(): string;
  /** Whether a folder holds weights of the family. */
  recognizes(folder: string): Promise<boolean>;
  /** Its models take `appearance`, and go by the images with it. */
  readonly appearance: boolean;
  /** The engine becomes the model's own: its `dispose` disposes it. */
  load(engine: Engine, folder: string, options: CallOptions): Promise<VideoToAudioModel>;
  /** Its stages that run alone. */
  stages(): Promise<readonly AnyStage[]>;
}

/** Asked in this order which of them a folder belongs to; the last one's reader says what is wrong with a foreign folder. */
const FAMILIES: readonly ModelFamily[] = [
  {
    name: 'onset',
    weights: shippedWeights,
    recognizes: (folder) => fileExists(join(folder, MANIFEST_NAME)),
    appearance: true,
    load: async (engine, folder) => (await import('./onset/video-to-audio.js')).OnsetVideoToAudio.load(engine, folder),
    stages: async () => [],
  },
  {
    name: 'vta-ldm',
    weights: () => pulledFolder('vta-ldm'),
    recognizes: async () => true,
    appearance: false,
    load: async (engine, folder, options) =>
      (await import('./vta-ldm/index.js')).VtaLdmVideoToAudio.load(engine, folder, options),
    stages: async () => (await import('./vta-ldm/index.js')).VTA_LDM_STAGES,
  },
];

export const FAMILY_NAMES: readonly string[] = FAMILIES.map(({ name }) => name);

/** The family that makes sound where none is named. */
export const DEFAULT_MODEL = 'onset';

export class UnknownModelError extends OnsetError {
  override name = 'UnknownModelError';
}

/** The stages of all families, and the image classifier's. */
export async function allStages(): Promise<readonly AnyStage[]> {
  const ofFamilies = await Promise.all(FAMILIES.map((family) => family.stages()));
  const { APPEARANCE_STAGES } = await import('./appearance/index.js');
  return [...ofFamilies.flat(), ...APPEARANCE_STAGES];
}

/** Family and folder of weights of a model, by the family's name or by its folder. */
export async function findModel(
  nameOrFolder: string = DEFAULT_MODEL,
): Promise<{ family: ModelFamily; folder: string }> {
  const named = FAMILIES.find(({ name }) => name === nameOrFolder);
  const isFolder = await fileExists(nameOrFolder);
  if (named && !isFolder) return { family: named, folder: named.weights() };
  for (const family of isFolder ? FAMILIES : []) {
    if (await family.recognizes(nameOrFolder)) return { family, folder: nameOrFolder };
  }
  throw new UnknownModelError(
    `${nameOrFolder}: no such folder of weights; by name there is ${FAMILY_NAMES.join(', ')}`,
  );
}

/**
 * Loads a model. Several may live on one engine: each has variables of its own. The caller disposes it.
 *
 * @param nameOrFolder A family's name, for its default weights, or a folder of weights of any family.
 * @throws {WeightsError} when weights are missing or are not what they should be.
 */
export async function openModel(
  engine: Engine,
  nameOrFolder: string = DEFAULT_MODEL,
  options: CallOptions = {},
): Promise<VideoToAudioModel> {
  const { family, folder } = await findModel(nameOrFolder);
  const own = engine.fork();
  try {
    return await family.load(own, folder, options);
  } catch (error) {
    own.dispose();
    throw error;
  }
}
