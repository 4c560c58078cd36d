/** What a media file holds, by ffprobe. */

import {
  EmptyMediaError,
  MediaError,
  NotAVideoError,
  NoVideoStreamError,
  TruncatedMediaError,
  UndecodableMediaError,
} from './errors.js';
import { fileUrl, INPUT_PROTOCOLS, type MediaOptions, reasonOf, runTool } from './ffmpeg.js';
import { checkInputFile } from './files.js';

/**
 * What a container tells of when each packet is shown. `presentation`: its time; `decode`: only its place in the order of
 * decoding (AVI); `none`: nothing (raw streams), so that pictures follow at the stream's frame rate.
 */
export type PacketTimes = 'presentation' | 'decode' | 'none';

export interface VideoInfo {
  /** Codec name as ffmpeg has it, such as `h264`. */
  codec: string;
  /** Pixels of an upright frame: after the rotation is applied. */
  width: number;
  height: number;
  /** Clockwise degrees by which the stored picture is turned for display: 0, 90, 180 or 270 (others possible). */
  rotation: number;
  /** Mean frames a second; 0 where the file does not say. */
  frameRate: number;
  /** Seconds from the file's first timestamp to the first frame. */
  start: number;
  /** Index of the stream in the file. */
  index: number;
  packetTimes: PacketTimes;
  /** Pictures are stored in another order than they are shown. */
  reordered: boolean;
  /** It carries a Dolby Vision configuration. */
  dolbyVision: boolean;
}

export interface AudioInfo {
  codec: string;
  sampleRate: number;
  channels: number;
  /** Seconds, where the file says. */
  duration?: number;
}

/** A stream beside the chosen picture. */
export interface OtherStream {
  index: number;
  kind: 'video' | 'audio' | 'subtitle' | 'attachment' | 'data';
  codec: string;
  /** An image that stands for the file, such as a cover. */
  attachedPicture: boolean;
}

export interface MediaInfo {
  path: string;
  /** Container as ffmpeg has it, such as `mov,mp4,m4a,3gp,3g2,mj2`. */
  format: string;
  /** The file's first timestamp, in seconds. */
  fileStart: number;
  /** Seconds that the picture lasts, as the file says; what it really lasts shows when it is decoded. */
  duration: number;
  /** The duration belongs to the video stream itself (and not to the whole file, whose sound may last longer). */
  exactDuration: boolean;
  video: VideoInfo;
  audio?: AudioInfo;
  others: readonly OtherStream[];
  /** Keys of the file's own metadata. */
  tags: readonly string[];
}

interface RawStream {
  index: number;
  codec_type?: string;
  codec_name?: string;
  width?: number;
  height?: number;
  avg_frame_rate?: string;
  r_frame_rate?: string;
  has_b_frames?: number;
  start_time?: string;
  duration?: string;
  sample_rate?: string;
  channels?: number;
  disposition?: { attached_pic?: number; default?: number };
  tags?: Record<string, string>;
  side_data_list?: { rotation?: number; side_data_type?: string }[];
}

export interface RawProbe {
  streams?: RawStream[];
  format?: { format_name?: string; duration?: string; start_time?: string; tags?: Record<string, string> };
  /** The first packets of the file. */
  packets?: { stream_index?: number; pts_time?: string; dts_time?: string }[];
}

/** Packets that are looked at for their times. */
const PROBED_PACKETS = 64;

/** Formats that are no clip though ffmpeg opens them: lists of other files, text shown as a terminal, single pictures. */
const REFUSED_FORMATS =
  /^(hls|dash|concat|ffmetadata|tty|ansi|bin|xbin|adf|idf|image2|subviewer|srt|ass|webvtt)\b|_pipe$/;

/** The raw ffprobe answer for a file, with errors typed. */
export async function probeRaw(path: string, options: MediaOptions = {}): Promise<RawProbe> {
  await checkInputFile(path);
  const { code, stdout, stderr } = await runTool(
    'ffprobe',
    [
      ...['-v', 'error', ...INPUT_PROTOCOLS, '-print_format', 'json', '-show_format', '-show_streams'],
      ...['-show_packets', '-read_intervals', `%+#${PROBED_PACKETS}`, '-i', fileUrl(path)],
    ],
    options,
  );
  if (code !== 0) throw openErrorOf(path, stderr);
  let raw: RawProbe;
  try {
    raw = JSON.parse(stdout.toString('utf8')) as RawProbe;
  } catch {
    throw new UndecodableMediaError(`${path}: ffprobe gave no readable description of it`);
  }
  const format = raw.format?.format_name ?? '';
  if (REFUSED_FORMATS.test(format)) {
    throw new NotAVideoError(`${path}: not a video (ffmpeg reads it as '${format}'); a video such as .mp4 is expected`);
  }
  return raw;
}

/**
 * Describes a video file: its default picture, and what lies beside it.
 *
 * @throws {MediaError} that says what is wrong with a file that is no video.
 */
export async function probe(path: string, options: MediaOptions = {}): Promise<MediaInfo> {
  const raw = await probeRaw(path, options);
  const streams = raw.streams ?? [];
  const video = defaultPicture(streams);
  if (!video) {
    throw new NoVideoStreamError(
      `${path}: has no picture (streams: ${streams.map((s) => s.codec_type).join(', ') || 'none'}); a video is expected`,
    );
  }
  if (!video.codec_name || video.codec_name === 'unknown' || !(video.width! > 0) || !(video.height! > 0)) {
    throw new UndecodableMediaError(`${path}: its picture cannot be decoded (codec ${video.codec_name ?? 'unknown'})`);
  }
  const fileStart = seconds(raw.format?.start_time) ?? 0;
  const start = Math.max(0, (seconds(video.start_time) ?? fileStart) - fileStart);
  const own = streamDuration(video);
  const audio = streams.find((s) => s.codec_type === 'audio');
  const whole = seconds(raw.format?.duration);
  const duration = own ?? (whole !== undefined ? whole - start : await measureDuration(path, video.index, options));
  if (!(duration > 0)) throw new EmptyMediaError(`${path}: its picture lasts no time (duration ${duration} s)`);
  return {
    path,
    format: raw.format?.format_name ?? '',
    fileStart,
    duration,
    exactDuration: own !== undefined,
    video: videoInfo(video, start, raw),
    ...(audio && {
      audio: {
        codec: audio.codec_name ?? 'unknown',
        sampleRate: Number(audio.sample_rate ?? 0),
        channels: audio.channels ?? 0,
        ...(streamDuration(audio) !== undefined && { duration: streamDuration(audio)! }),
      },
    }),
    others: streams.filter((s) => s !== video).map(otherStream),
    tags: Object.keys(raw.format?.tags ?? {}),
  };
}

/** The first picture that the file marks as its default one, else the first; covers are none. */
export function defaultPicture(streams: readonly RawStream[]): RawStream | undefined {
  const pictures = streams.filter((s) => s.codec_type === 'video' && s.disposition?.attached_pic !== 1);
  return pictures.find((s) => s.disposition?.default === 1) ?? pictures[0];
}

function packetTimes(format: string, packets: NonNullable<RawProbe['packets']>): PacketTimes {
  // Program streams state the times of some packets, from which ffmpeg counts on. What it makes of AVI are guesses.
  if (format !== 'avi' && packets.some(({ pts_time }) => pts_time !== undefined)) return 'presentation';
  return packets.some(({ dts_time }) => dts_time !== undefined) ? 'decode' : 'none';
}

function videoInfo(video: RawStream, start: number, { packets = [], format }: RawProbe): VideoInfo {
  const rotation = rotationOf(video);
  const turned = rotation % 180 === 90;
  const own = packets.filter((packet) => packet.stream_index === video.index);
  return {
    codec: video.codec_name!,
    width: turned ? video.height! : video.width!,
    height: turned ? video.width! : video.height!,
    rotation,
    frameRate: ratio(video.avg_frame_rate) || ratio(video.r_frame_rate),
    start,
    index: video.index,
    packetTimes: packetTimes(format?.format_name ?? '', own),
    reordered: (video.has_b_frames ?? 0) > 0,
    dolbyVision: (video.side_data_list ?? []).some(({ side_data_type }) => /^DOVI/.test(side_data_type ?? '')),
  };
}

function otherStream({ index, codec_type, codec_name, disposition }: RawStream): OtherStream {
  const kinds = ['video', 'audio', 'subtitle', 'attachment'] as const;
  return {
    index,
    kind: kinds.find((kind) => kind === codec_type) ?? 'data',
    codec: codec_name ?? 'unknown',
    attachedPicture: disposition?.attached_pic === 1,
  };
}

/** Why a file could not be opened. */
function openErrorOf(path: string, stderr: string): MediaError {
  if (/moov atom not found|partial file|end of file|truncated/i.test(stderr)) {
    return new TruncatedMediaError(`${path}: cut off or incomplete (${reasonOf(stderr)}); copy or download it again`);
  }
  if (/not on whitelist|protocol not found/i.test(stderr)) {
    return new NotAVideoError(`${path}: refers to other files or addresses; one self-contained video is expected`);
  }
  if (/invalid data found/i.test(stderr)) {
    return new NotAVideoError(`${path}: not a video that ffmpeg knows; a video such as .mp4 is expected`);
  }
  return new MediaError(`${path}: ffprobe cannot read it: ${reasonOf(stderr)}`);
}

/** Length of a stream by its packets, for files that were written without one (live recordings). Streams; keeps nothing. */
async function measureDuration(path: string, index: number, options: MediaOptions): Promise<number> {
  const { code, stdout, stderr } = await runTool(
    'ffprobe',
    [
      '-v',
      'error',
      ...INPUT_PROTOCOLS,
      '-select_streams',
      String(index),
      '-show_entries',
      'packet=pts_time,duration_time',
    ].concat(['-of', 'csv=p=0', '-i', fileUrl(path)]),
    options,
  );
  if (code !== 0) throw openErrorOf(path, stderr);
  let first = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (const line of stdout.toString('latin1').split('\n')) {
    const [at = Number.NaN, length = Number.NaN] = line.split(',').map(Number.parseFloat);
    if (Number.isFinite(length)) sum += length;
    if (!Number.isFinite(at)) continue;
    first = Math.min(first, at);
    end = Math.max(end, at + (Number.isFinite(length) ? length : 0));
  }
  // Raw streams have no times, but a duration for each packet.
  if (!Number.isFinite(end) && sum > 0) return sum;
  // A lone packet without a duration is one picture; call it a frame at 25 fps.
  return end > first ? end - first : Number.isFinite(end) ? 0.04 : 0;
}

/** Seconds from a stream's first to its last instant; Matroska's tag tells the last instant alone. */
function streamDuration(stream: RawStream): number | undefined {
  const end = stream.tags?.DURATION?.match(/^(\d+):(\d+):([\d.]+)$/);
  if (stream.duration !== undefined || !end) return seconds(stream.duration);
  return Number(end[1]) * 3600 + Number(end[2]) * 60 + Number(end[3]) - (seconds(stream.start_time) ?? 0);
}

function rotationOf(stream: RawStream): number {
  const counterClockwise =
    stream.side_data_list?.find((side) => side.rotation !== undefined)?.rotation ?? -Number(stream.tags?.rotate ?? 0);
  // ffprobe's display matrix counts counter-clockwise.
  return ((-counterClockwise % 360) + 360) % 360 || 0;
}

function seconds(text: string | undefined): number | undefined {
  const value = Number(text);
  return text === undefined || !Number.isFinite(value) ? undefined : value;
}

function ratio(text: string | undefined): number {
  const [a = Number.NaN, b = Number.NaN] = (text ?? '').split('/').map(Number);
  return b > 0 && Number.isFinite(a) ? a / b : 0;
}
