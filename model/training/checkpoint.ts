/** Checkpoints: the whole state of a stage in one safetensors file; a resumed training has the same losses. */

import type { Variables } from '../../engine/engine.js';
import { openSafetensors, requireSameProvenance, withFile, writeSafetensors } from '../../weights/index.js';

export interface CheckpointFacts {
  /** Steps done. */
  step: number;
  /** Wall time that they took; NaN where an earlier version has not recorded it. */
  seconds: number;
  stage: string;
  /** sha256 of the config and of what the stage was given; a checkpoint of another is refused. */
  provenance: string;
}

/** @throws {WriteError} when the disk refuses; an older checkpoint then stays */
export async function writeCheckpoint(
  path: string,
  variables: Variables,
  names: readonly string[],
  facts: CheckpointFacts,
): Promise<void> {
  const values = await variables.readMany(names);
  const tensors = names.map((name) => ({
    name,
    dtype: 'F32' as const,
    shape: variables.typeOf(name).shape,
    data: values.get(name) as Float32Array<ArrayBuffer>,
  }));
  await writeSafetensors(path, tensors, {
    metadata: {
      step: String(facts.step),
      seconds: String(facts.seconds),
      stage: facts.stage,
      provenance: facts.provenance,
    },
  });
}

/**
 * Writes a checkpoint's variables to the device and returns the steps that it has behind it, and their seconds.
 *
 * @throws {ProvenanceError} when it was made with another config or other data, {WeightsError} for a damaged file
 */
export async function readCheckpoint(
  path: string,
  variables: Variables,
  expected: Pick<CheckpointFacts, 'stage' | 'provenance'>,
): Promise<Pick<CheckpointFacts, 'step' | 'seconds'>> {
  return withFile(path, async (source) => {
    const file = await openSafetensors(source);
    requireSameProvenance(
      expected.provenance,
      file.metadata.provenance,
      `checkpoint ${path} of stage ${expected.stage}`,
    );
    for (const [name, { shape }] of file.tensors)
      variables.write(name, { shape, dtype: 'f32' }, await file.readAsF32(name));
    return { step: Number(file.metadata.step), seconds: Number(file.metadata.seconds) };
  });
}
