/** The clip that comes with the project: two balls bouncing on a block, drawn by `tools/build/make-sample.js`. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

/** The bundled clip and what happens in it. It has no sound. */
export function sampleClip(): SampleClip {
  // The compiled module lies in dist/, the clip in the package beside it.
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const path = join(folder, 'model', 'media', 'sample', 'bounce.mp4');
    if (existsSync(path)) {
      const { seconds, fps, width, height, events } = JSON.parse(
        readFileSync(path.replace(/mp4$/, 'json'), 'utf8'),
      ) as Omit<SampleClip, 'path'>;
      return { path, seconds, fps, width, height, events };
    }
    const parent = dirname(folder);
    if (parent === folder) {
      throw new FileError('the bundled sample clip model/media/sample/bounce.mp4 is missing; name a clip of your own');
    }
    folder = parent;
  }
}
