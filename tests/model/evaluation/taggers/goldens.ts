/** One sound and what the published PyTorch code of each network makes of it: written by tests/oracle/taggers.py. */

import { join } from 'node:path';
import { openSafetensors, withFile } from '../../../../weights/index.js';
import { GOLDENS } from '../../../harness/goldens.js';

const FOLDER = join(GOLDENS, 'taggers');

export const checkpointPath = (file: string): string => join(FOLDER, file);

/** A tensor by its name. */
export const golden = (name: string): Promise<Float32Array> =>
  withFile(join(FOLDER, 'expected.safetensors'), async (source) => (await openSafetensors(source)).readAsF32(name));

/** 32,000 samples in −1…1. */
export async function goldenSound(): Promise<Float32Array> {
  return (await golden('sound')).map((pcm) => pcm / 32_768);
}
