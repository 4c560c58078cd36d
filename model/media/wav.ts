/** WAV files through node-wav: 16-bit PCM or 32-bit float. `decodeAudio` reads any sound file; `readWav` those written here. */

import { readFile, writeFile } from 'node:fs/promises';
import nodeWav from 'node-wav';
import { WavError } from './errors.js';
import { writeWhole } from './files.js';

/** The bytes of a WAV file. 16-bit samples are clamped to −1…1 and rounded to nearest; a NaN becomes silence. */
export function encodeWav(
  channels: readonly Float32Array[],
  sampleRate: number,
  format: 'pcm16' | 'float32' = 'pcm16',
): Buffer {
  if (channels.length === 0) throw new WavError('no channel to write; one or more is expected');
  if (format === 'float32') return nodeWav.encode(channels, { sampleRate, float: true });
  // node-wav cuts towards zero; half a step outwards makes that a rounding.
  const rounded = channels.map((channel) =>
    channel.map((sample) => {
      const value = Number.isNaN(sample) ? 0 : Math.max(-1, Math.min(1, sample));
      const scale = value < 0 ? 32768 : 32767;
      const whole = Math.round(value * scale);
      return (whole + Math.sign(whole) * 0.5) / scale;
    }),
  );
  return nodeWav.encode(rounded, { sampleRate, bitDepth: 16 });
}

/**
 * Reads a WAV file that `writeWav` wrote, without starting ffmpeg.
 *
 * @throws {WavError} when it is none; the system's error when it cannot be read
 */
export async function readWav(path: string): Promise<{ channels: Float32Array[]; sampleRate: number }> {
  // node-wav reads aligned memory only.
  const bytes = new Uint8Array(await readFile(path)).slice();
  try {
    const { channelData, sampleRate } = nodeWav.decode(bytes);
    return { channels: channelData, sampleRate };
  } catch (cause) {
    throw new WavError(`${path}: is not a WAV file of 16-bit or float samples (${(cause as Error).message})`, {
      cause,
    });
  }
}

/** Writes a WAV file, whole or not at all. */
export async function writeWav(
  path: string,
  channels: readonly Float32Array[],
  sampleRate: number,
  format: 'pcm16' | 'float32' = 'pcm16',
): Promise<void> {
  const bytes = encodeWav(channels, sampleRate, format);
  await writeWhole(path, (temporary) => writeFile(temporary, bytes));
}
