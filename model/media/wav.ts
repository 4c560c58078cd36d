/**
 * WAV files: header checks of our own (a malformed file gets an error that says what is wrong with it), samples through
 * node-wav. Read: PCM of 8, 16, 24 or 32 bits and 32- or 64-bit float, plain or "extensible". Written: 16-bit PCM or float.
 */

import { readFile, writeFile } from 'node:fs/promises';
import nodeWav from 'node-wav';
import { WavError } from './errors.js';
import { checkInputFile, writeWhole } from './files.js';

export interface Wav {
  sampleRate: number;
  /** One array a channel, samples in −1…1 (float files may exceed it). */
  channels: Float32Array[];
}

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** The last 14 bytes of the sub-format GUID of an extensible header. */
const SUBFORMAT_TAIL = '000000001000800000aa00389b71';

/** Parses the bytes of a WAV file. `name` stands in error messages. */
export function parseWav(bytes: Uint8Array, name = 'WAV data'): Wav {
  const fail = (problem: string): never => {
    throw new WavError(`${name}: ${problem}; a PCM or float WAV file is expected`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length === 0) fail('the file is empty');
  if (bytes.length < 12) fail(`only ${bytes.length} bytes long, shorter than a WAV header`);
  if (tag(0) !== 'RIFF') fail(`begins with ${JSON.stringify(tag(0))} instead of "RIFF"`);
  if (tag(8) !== 'WAVE') fail(`is a RIFF file of kind ${JSON.stringify(tag(8))} instead of "WAVE"`);
  let format: { code: number; channels: number; sampleRate: number; block: number; bits: number } | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const kind = tag(at);
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    if (kind === 'fmt ') {
      if (size < 16 || body + size > bytes.length) fail(`its "fmt " chunk of ${size} bytes is cut off or too short`);
      let code = view.getUint16(body, true);
      if (code === EXTENSIBLE) {
        if (size < 40) fail(`its extensible "fmt " chunk has ${size} bytes instead of 40`);
        const tail = Buffer.from(bytes.subarray(body + 26, body + 40)).toString('hex');
        if (tail !== SUBFORMAT_TAIL) fail('its extensible header names an unknown sub-format');
        code = view.getUint16(body + 24, true);
      }
      format = {
        code,
        channels: view.getUint16(body + 2, true),
        sampleRate: view.getUint32(body + 4, true),
        block: view.getUint16(body + 12, true),
        bits: view.getUint16(body + 14, true),
      };
      if (code !== PCM && code !== FLOAT) fail(`holds samples of format ${code} (compressed)`);
      if (!(code === PCM ? [8, 16, 24, 32] : [32, 64]).includes(format.bits)) {
        fail(`has ${format.bits}-bit ${code === PCM ? 'PCM' : 'float'} samples`);
      }
      if (format.channels < 1 || format.channels > 64) fail(`says it has ${format.channels} channels`);
      if (format.sampleRate < 1000 || format.sampleRate > 768000)
        fail(`says it has ${format.sampleRate} samples a second`);
      if (format.block !== (format.channels * format.bits) / 8) {
        fail(`its block size ${format.block} does not fit ${format.channels} channels of ${format.bits} bits`);
      }
    } else if (kind === 'data') {
      if (!format) return fail('its "data" chunk comes before any "fmt " chunk');
      // Streamed files carry 0 or 0xFFFFFFFF where the length was not known yet: read to the end.
      const unknown = size === 0xffffffff || (size === 0 && body < bytes.length);
      if (!unknown && body + size > bytes.length) {
        fail(`cut off: its "data" chunk says ${size} bytes, but ${bytes.length - body} follow`);
      }
      const available = unknown ? bytes.length - body : size;
      if (available < format.block) fail('holds no samples');
      if (!unknown && size % format.block !== 0) fail(`its ${size} bytes of samples are no whole number of blocks`);
      const length = available - (available % format.block);
      return decodeSamples(bytes.subarray(body, body + length), format);
    }
    at = body + size + (size % 2);
  }
  return fail(format ? 'has no "data" chunk' : 'has no "fmt " chunk');
}

/** node-wav takes no extensible headers and reads in place, so it is given a plain, aligned copy. */
function decodeSamples(
  data: Uint8Array,
  format: { code: number; channels: number; sampleRate: number; block: number; bits: number },
): Wav {
  // 48 bytes: the 44 of a plain header plus an empty chunk's padding would misplace 64-bit samples, so the copy starts at 4.
  const copy = new Uint8Array(new ArrayBuffer(48 + data.length), 4);
  const view = new DataView(copy.buffer, copy.byteOffset);
  const put = (at: number, text: string): void => {
    for (let i = 0; i < text.length; i++) copy[at + i] = text.charCodeAt(i);
  };
  put(0, 'RIFF');
  view.setUint32(4, copy.length - 8, true);
  put(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, format.code, true);
  view.setUint16(22, format.channels, true);
  view.setUint32(24, format.sampleRate, true);
  view.setUint32(28, format.sampleRate * format.block, true);
  view.setUint16(32, format.block, true);
  view.setUint16(34, format.bits, true);
  put(36, 'data');
  view.setUint32(40, data.length, true);
  copy.set(data, 44);
  const { sampleRate, channelData } = nodeWav.decode(copy);
  return { sampleRate, channels: channelData };
}

/** Reads a WAV file. Throws `WavError` for a malformed one, `FileError` for a missing one. */
export async function readWav(path: string): Promise<Wav> {
  await checkInputFile(path);
  return parseWav(await readFile(path), path);
}

/** The mean of the channels. */
export function mixdown(channels: readonly Float32Array[]): Float32Array {
  if (channels.length === 1) return channels[0];
  const mono = new Float32Array(channels[0]?.length ?? 0);
  for (const channel of channels) for (let i = 0; i < mono.length; i++) mono[i] += channel[i] / channels.length;
  return mono;
}

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
