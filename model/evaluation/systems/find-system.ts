/** From what a person names to systems, and the references and controls that need a model. */

import { readdirSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Engine } from '../../../engine/engine.js';
import { MANIFEST_NAME } from '../../../weights/index.js';
import { DEFAULT_MODEL, findModel } from '../../models.js';
import type { MissingControl } from '../report/report.js';
import { type ModelSystemOptions, modelSystem, type NamedModel } from './model-system.js';
import { RECORDINGS_CONTROL, recordingsAtEvents } from './recordings.js';
import { throughCodec } from './references.js';
import type { SoundOf, System } from './system.js';
import { wavFolder } from './wav-folder.js';

/** A system as it was named, and the model that it is, if it is one. */
export interface FoundSystem {
  system: System;
  model?: NamedModel;
}

/**
 * A system by a family's name, a folder of weights, or a folder of `.wav` files; `NAME=` before it is its name in the report.
 *
 * @throws {UnknownModelError} when it is none of these, {WeightsError} when the weights of a family are not there
 */
export async function findSystem(engine: Engine, text: string, options: ModelSystemOptions = {}): Promise<FoundSystem> {
  const [, label, target = text] = /^(?:([^=/\\]+)=)?(.+)$/s.exec(text) ?? [];
  if (isFolderOfSounds(target)) return { system: wavFolder(target, label) };
  const { family, folder } = await findModel(target);
  const name = label ?? (isFolder(target) ? basename(resolve(target)) : target);
  const model = { name, family: family.name, folder };
  return { system: modelSystem(engine, model, options), model };
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function isFolderOfSounds(path: string): boolean {
  if (!isFolder(path)) return false;
  const files = readdirSync(path);
  return !files.includes(MANIFEST_NAME) && files.some((file) => file.toLowerCase().endsWith('.wav'));
}

/**
 * The true audio through the codec, and recordings at predicted events: both of the first of the systems that is a model of
 * the default family, or else of its default weights.
 *
 * @param recordings the archive's path, or why it cannot be had
 */
export async function modelControls(
  engine: Engine,
  systems: readonly FoundSystem[],
  recordings: { archive: string } | { reason: string },
  soundOf: SoundOf,
): Promise<{ controls: System[]; missing: MissingControl[] }> {
  const own = systems.find(({ model }) => model?.family === DEFAULT_MODEL);
  const { folder } = own?.model ?? (await findModel());
  const codec = throughCodec(engine, folder);
  if ('reason' in recordings) {
    return { controls: [codec], missing: [{ system: RECORDINGS_CONTROL, reason: recordings.reason }] };
  }
  const base = own?.system ?? modelSystem(engine, { name: DEFAULT_MODEL, family: DEFAULT_MODEL, folder });
  return { controls: [codec, recordingsAtEvents(recordings.archive, base, soundOf)], missing: [] };
}
