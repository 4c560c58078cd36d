/** A clip with new sound: the picture's packets are copied as they are, the sound is encoded beside them. */

import { resolve } from 'node:path';
import type { Clip } from './clip.js';
import { MediaError, OutputError } from './errors.js';
import { fileUrl, INPUT_PROTOCOLS, type MediaOptions, outputErrorOf, reasonOf, runTool } from './ffmpeg.js';
import { outputError, writeWhole } from './files.js';
import { writeWav } from './wav.js';

/** Output endings, and the container each stands for. */
const CONTAINERS: Record<string, string> = { '.mp4': 'mp4', '.m4v': 'mp4', '.mov': 'mov', '.mkv': 'matroska' };

/** The ending of an output path, if a sound can be written to such a file; throws `OutputError` else. */
export function outputKind(output: string): 'wav' | 'mp4' | 'mov' | 'matroska' {
  const ending = /\.[^./\\]*$/.exec(output)?.[0].toLowerCase() ?? '';
  if (ending === '.wav') return 'wav';
  const container = CONTAINERS[ending] as 'mp4' | 'mov' | 'matroska' | undefined;
  if (!container) throw new OutputError(`${output}: an output ending in .mp4, .mov, .mkv or .wav is expected`);
  return container;
}

export interface SoundOutput extends MediaOptions {
  /** The clip whose picture is kept, or the part of it that it was opened with. */
  clip: Clip;
  /** Mono, −1…1; sample 0 sounds with the first frame of the part. */
  samples: Float32Array;
  sampleRate: number;
  /** `.mp4`, `.mov` or `.mkv` (picture and sound) or `.wav` (sound alone, 16-bit). */
  output: string;
}

/**
 * Writes the clip's picture (bit-identical packets) with `samples` as its only sound (AAC, 48 kHz), or the sound alone. The
 * sound is cut, or lengthened by silence, to the length of the picture. The file appears whole or not at all.
 *
 * A part that begins between key frames keeps the packets since the key frame before, hidden by the container's edit list.
 *
 * @throws {OutputError} when the output cannot be written, another {MediaError} when the clip cannot be read.
 */
export async function writeSound(options: SoundOutput): Promise<void> {
  const { clip, samples, sampleRate, output, signal } = options;
  const { info, start, duration, seconds } = clip;
  const kind = outputKind(output);
  if (resolve(output) === resolve(clip.path)) {
    throw new OutputError(`${output}: is the clip itself; choose another output with -o`);
  }
  signal?.throwIfAborted();
  if (kind === 'wav') return writeWav(output, [samples], sampleRate);
  // Matroska counts the AAC encoder's 21 ms of lead-in as part of the sound; half of it comes off the end, so that the
  // sound is within 20 ms of the picture with the lead-in and without.
  const lead = kind === 'matroska' ? 0.0105 : 0;
  const length = Math.round(Math.max(0.01, seconds - lead) * sampleRate);
  const from = start > 0 ? start + info.video.start : 0;
  // Without a seek the picture keeps its place in the file; the sound then begins with it.
  const delay = start > 0 ? 0 : info.video.start;
  await writeWhole(output, async (temporary) => {
    const { code, stderr } = await runTool(
      'ffmpeg',
      [
        ...['-v', 'error', '-nostdin', '-y', ...INPUT_PROTOCOLS, ...(from > 0 ? ['-ss', from.toFixed(6)] : [])],
        ...(duration !== undefined ? ['-t', (seconds + delay).toFixed(6)] : []),
        ...['-i', fileUrl(clip.path)],
        ...(delay > 0 ? ['-itsoffset', delay.toFixed(6)] : []),
        ...['-f', 'f32le', '-ar', String(sampleRate), '-ac', '1', '-i', 'pipe:0'],
        ...['-map', `0:${info.video.index}`, '-map', '1:a:0', '-c:v', 'copy', '-copyinkf:v'],
        ...['-c:a', 'aac', '-b:a', '160k', '-ar', '48000', '-ac', '1', '-map_metadata', '0'],
        ...(kind === 'matroska' ? [] : ['-movflags', '+faststart']),
        ...['-f', kind, fileUrl(temporary)],
      ],
      { signal, input: chunksOf(samples, length) },
    );
    // A write that fails when the file is closed is reported without an exit code.
    const known = outputErrorOf(stderr, output);
    if (known) throw known;
    if (code === 0) return;
    if (
      /codec not currently supported in container|could not find tag for codec|incorrect codec parameters/i.test(stderr)
    ) {
      throw new OutputError(`${output}: a ${info.video.codec} picture cannot be stored in this container; use .mkv`);
    }
    if (/no such file or directory/i.test(stderr)) throw outputError(output, 'missing');
    throw new MediaError(`${output}: ffmpeg could not write it: ${reasonOf(stderr)}`);
  });
}

/** `length` samples as bytes, little by little: the sound, then silence where it is shorter. NaN becomes silence. */
function* chunksOf(samples: Float32Array, length: number): Generator<Uint8Array> {
  const size = 1 << 16;
  for (let at = 0; at < length; at += size) {
    const chunk = new Float32Array(Math.min(size, length - at));
    for (let i = 0; i < chunk.length; i++) {
      const value = samples[at + i] ?? 0;
      chunk[i] = Number.isNaN(value) ? 0 : Math.max(-1, Math.min(1, value));
    }
    yield new Uint8Array(chunk.buffer);
  }
}
