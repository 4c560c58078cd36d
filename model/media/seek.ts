/**
 * Where reading begins for a part of a clip. Containers with an index are sought by ffmpeg to the key frame before the part;
 * in others (transport and program streams, AVI, raw streams) ffmpeg lands anywhere, and what follows up to the next key
 * frame does not decode: for those the key frame is looked for in the packets.
 */

import { fileUrl, INPUT_PROTOCOLS, type MediaOptions, runTool } from './ffmpeg.js';
import type { MediaInfo } from './probe.js';

/** Containers whose key frames ffmpeg finds by itself. */
const INDEXED = /^(mov,mp4|matroska)/;
/** Seconds before a part that are searched for a key frame; each time as much as this is in vain, four times as much. */
const FIRST_SEARCH = 12;
/** Seconds before the key frame to which an unindexed container is sought, so that ffmpeg lands before it. */
const MARGIN = 1;

/** Seconds from the file's first timestamp. */
export interface SeekPoint {
  /** To where the container is sought; 0 is its beginning. */
  seek: number;
  /** The last key frame at or before the part, where that was looked for. */
  keyFrame?: number;
}

/** Whether ffmpeg may be asked for any moment of the container and begins with the key frame before it. */
export const isIndexed = ({ format }: Pick<MediaInfo, 'format'>): boolean => INDEXED.test(format);

/**
 * Options before an input that is read from `seek` seconds on, which are then its zero. Of transport and program streams
 * ffmpeg would count from the first of the streams that are read, not from the file's first timestamp, unless there is an
 * offset: a microsecond is one.
 */
export function seekOptions(info: Pick<MediaInfo, 'format'>, seek: number): string[] {
  if (seek > 0) return ['-ss', seek.toFixed(6)];
  return isIndexed(info) ? [] : ['-itsoffset', '0.000001'];
}

/** The point to seek to for the part that begins `start` seconds after the first frame. */
export async function seekPoint(info: MediaInfo, start: number, options: MediaOptions = {}): Promise<SeekPoint> {
  const from = start + info.video.start;
  if (start === 0) return { seek: 0, keyFrame: info.video.start };
  if (isIndexed(info)) return { seek: from };
  if (info.video.packetTimes !== 'presentation') return { seek: 0, keyFrame: info.video.start };
  const keyFrame = await keyFrameBefore(info, start, options);
  return { seek: Math.max(0, keyFrame - MARGIN), keyFrame };
}

/** Seconds from the file's first timestamp of the last key frame at or before `start` (from the first frame). */
export async function keyFrameBefore(info: MediaInfo, start: number, options: MediaOptions = {}): Promise<number> {
  const to = start + info.video.start;
  for (let reach = FIRST_SEARCH; ; reach *= 4) {
    const from = Math.max(0, to - reach);
    const times = await keyFrames(info, from, to, options);
    const before = times.filter((time) => time <= to + 1e-4);
    if (before.length > 0) return Math.max(...before);
    if (from === 0) return info.video.start;
  }
}

/** Times of the key frames between two moments, in seconds from the file's first timestamp. */
async function keyFrames(info: MediaInfo, from: number, to: number, options: MediaOptions): Promise<number[]> {
  const origin = info.fileStart;
  const interval = `${(origin + from).toFixed(3)}%${(origin + to + 0.5).toFixed(3)}`;
  const { stdout } = await runTool(
    'ffprobe',
    [
      ...['-v', 'error', ...INPUT_PROTOCOLS, '-select_streams', String(info.video.index)],
      ...['-show_entries', 'packet=pts_time,flags', '-of', 'csv=p=0'],
      ...(from > 0 ? ['-read_intervals', interval] : ['-read_intervals', `%${(origin + to + 0.5).toFixed(3)}`]),
      ...['-i', fileUrl(info.path)],
    ],
    options,
  );
  return stdout
    .toString('latin1')
    .split('\n')
    .filter((line) => line.includes('K'))
    .map((line) => Number.parseFloat(line) - origin)
    .filter(Number.isFinite);
}
