/** A folder of sound files as a system: whatever made them, they are measured like any other. */

import { readdirSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { decodeAudio } from '../../media/index.js';
import { type DatasetClip, SOUND_RATE } from '../datasets/dataset.js';
import { EvaluationError } from '../errors.js';
import type { System } from './system.js';

/**
 * The files of a folder, matched to clips by their names: `NAME.wav`, or the only one `NAME.ANYTHING.wav`, where NAME is the
 * clip's file name without its ending. A clip without one is a failure.
 *
 * @throws {EvaluationError} when the folder holds no `.wav`
 */
export function wavFolder(folder: string, name: string = basename(resolve(folder))): System {
  const files = readdirSync(folder).filter((file) => extname(file).toLowerCase() === '.wav');
  if (files.length === 0)
    throw new EvaluationError(`${folder}: holds no .wav file; sounds named like the clips are expected`);
  return {
    name,
    kind: 'system',
    description: `${files.length} sound files of the folder ${basename(resolve(folder))}`,
    seeded: false,
    async soundFor(clip, { signal }) {
      const path = join(folder, fileFor(clip, files, folder));
      return { samples: await decodeAudio(path, { sampleRate: SOUND_RATE, signal }), sampleRate: SOUND_RATE };
    },
  };
}

function fileFor({ name }: DatasetClip, files: readonly string[], folder: string): string {
  const base = basename(name);
  const exact = files.find((file) => file.slice(0, -4) === base);
  if (exact !== undefined) return exact;
  const tagged = files.filter((file) => file.startsWith(`${base}.`));
  if (tagged.length === 1) return tagged[0]!;
  const found = tagged.length === 0 ? 'is not there' : `could be any of ${tagged.join(', ')}`;
  throw new EvaluationError(`${folder}: the sound of ${name} ${found}; ${base}.wav is expected`);
}
