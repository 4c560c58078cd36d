/** The clip that comes with the project: two balls bouncing on a block, drawn by `tools/build/make-sample.js`. */

import { existsSync } from 'node:fs';
import { packageJson, packagePath } from '../../engine/platform/package-path.js';
import { FileError } from './errors.js';

export interface SampleClip {
  path: string;
  seconds: number;
  fps: number;
  width: number;
  height: number;
  /** Every impact: seconds from the first frame, and how hard it is (about 1 for the hardest). */
  events: { time: number; strength: number }[];
}

/**
 * The bundled clip and what happens in it. It has no sound.
 * @throws {FileError} when the package comes without it
 */
export function sampleClip(): SampleClip {
  const folder = ['model', 'media', 'sample'];
  const path = packagePath(...folder, 'bounce.mp4');
  if (!existsSync(path)) {
    throw new FileError('the bundled sample clip model/media/sample/bounce.mp4 is missing; name a clip of your own');
  }
  const { seconds, fps, width, height, events } = packageJson<SampleClip>(...folder, 'bounce.json');
  return { path, seconds, fps, width, height, events };
}
