/** Checkpoints: everything that a training needs to go on as if nothing had happened, in one safetensors file. */

import type { Variables } from '../../engine/engine.js';
import { openSafetensors, requireSameProvenance, withFile, writeSafetensors } from '../../weights/index.js';

export interface CheckpointFacts {
  /** Steps done. */
  step: number;
  stage: string;
  /** sha256 of the config and of what the stage was given; a checkpoint of another is refused. */
  provenance: string;
}

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
    metadata: { step: String(facts.step), stage: facts.stage, provenance: facts.provenance },
  });
}

/** Writes a checkpoint's variables back to the device and gives its step. */
export async function readCheckpoint(
  path: string,
  variables: Variables,
  expected: Omit<CheckpointFacts, 'step'>,
): Promise<number> {
  return withFile(path, async (source) => {
    const file = await openSafetensors(source);
    requireSameProvenance(
      expected.provenance,
      file.metadata.provenance,
      `checkpoint ${path} of stage ${expected.stage}`,
    );
    for (const [name, { shape }] of file.tensors)
      variables.write(name, { shape, dtype: 'f32' }, await file.readAsF32(name));
    return Number(file.metadata.step);
  });
}
