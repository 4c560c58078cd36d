/** CC0 recordings of single sounds: what a sound designer would reach for, and a rival in evaluations. */

import type { PullTarget } from './target.js';

/** Name in the target's folder: the npm package as published, a gzipped tar archive with `samples/*.flac`. */
export const RECORDINGS_FILE = 'supersonic-scsynth-samples-0.84.2.tgz';

export const RECORDINGS: PullTarget = {
  name: 'recordings',
  title: 'the sample set of Sonic Pi, supersonic-scsynth-samples 0.84.2',
  licence: 'CC0-1.0',
  files: [
    {
      name: RECORDINGS_FILE,
      bytes: 34_239_150,
      sources: [
        {
          npm: 'supersonic-scsynth-samples',
          version: '0.84.2',
          bytes: 34_239_150,
          sha256: 'aff0b03208adb5dc7612dc7a4e86d55161188326bcff4dbc2d20ce9e1b94238c',
        },
      ],
    },
  ],
};
