/** The containers that a clip with sound can be written to, and what each of them holds. */

import { OutputError } from './errors.js';
import type { MediaInfo, OtherStream } from './probe.js';

export type Container = 'mp4' | 'mov' | 'matroska';

/** Output endings, and the container each stands for. */
const ENDINGS: Readonly<Record<string, Container>> = {
  '.mp4': 'mp4',
  '.m4v': 'mp4',
  '.mov': 'mov',
  '.mkv': 'matroska',
};

/** Picture codecs that players expect in each container, by ffmpeg's names. Matroska holds more than are listed. */
const PICTURES: Readonly<Record<Container, readonly string[]>> = {
  mp4: ['h264', 'hevc', 'av1', 'vp9', 'mpeg4', 'mpeg2video', 'mpeg1video', 'vc1', 'mjpeg'],
  mov: [
    'h264',
    'hevc',
    'mpeg4',
    'mpeg2video',
    'mpeg1video',
    'mjpeg',
    'prores',
    'dnxhd',
    'qtrle',
    'png',
    'h263',
    'svq3',
    'cinepak',
    'dvvideo',
  ],
  matroska: [
    ...[
      'h264',
      'hevc',
      'av1',
      'vp8',
      'vp9',
      'mpeg4',
      'mpeg2video',
      'mpeg1video',
      'vc1',
      'mjpeg',
      'prores',
      'dnxhd',
      'theora',
    ],
    ...[
      'ffv1',
      'huffyuv',
      'ffvhuff',
      'utvideo',
      'wmv1',
      'wmv2',
      'wmv3',
      'msmpeg4v1',
      'msmpeg4v2',
      'msmpeg4v3',
      'flv1',
      'vp6f',
      'vp6',
    ],
    ...['png', 'h263', 'cinepak', 'dvvideo', 'rawvideo', 'magicyuv', 'indeo5', 'rv40'],
  ],
};

const TEXT_SUBTITLES = ['subrip', 'ass', 'ssa', 'webvtt', 'text', 'mov_text'];
const COVERS = ['mjpeg', 'png', 'bmp'];

/**
 * The container that an output's ending stands for; `wav` for the sound alone.
 *
 * @throws {OutputError} when a sound cannot be written to such a file.
 */
export function outputKind(output: string): 'wav' | Container {
  const ending = /\.[^./\\]*$/.exec(output)?.[0].toLowerCase() ?? '';
  if (ending === '.wav') return 'wav';
  const container = ENDINGS[ending];
  if (!container) throw new OutputError(`${output}: an output ending in .mp4, .mov, .mkv or .wav is expected`);
  return container;
}

/** Whether the container takes the clip's packets as they are. */
export const holdsPicture = (container: Container, { video }: MediaInfo): boolean =>
  PICTURES[container].includes(video.codec);

/** The ending of a container that takes the clip's packets, best that of the clip itself; undefined where none does. */
export function endingFor(info: MediaInfo): '.mp4' | '.mov' | '.mkv' | undefined {
  const own = info.path.toLowerCase();
  const endings = [
    ...(own.endsWith('.mov') ? (['.mov'] as const) : []),
    ...(/\.(mkv|webm)$/.test(own) ? (['.mkv'] as const) : []),
    ...(['.mp4', '.mov', '.mkv'] as const),
  ];
  return endings.find((ending) => holdsPicture(ENDINGS[ending]!, info));
}

/** How the streams beside the picture go into a container: ffmpeg's options for each, and what is left out. */
export interface OtherStreams {
  maps: string[];
  /** In words, such as `subtitles (hdmv_pgs_subtitle)`. */
  lost: string[];
}

/** The clip's own sound is replaced, and is not among them. */
export function otherStreams(container: Container, info: MediaInfo): OtherStreams {
  const maps: string[] = [];
  const lost: string[] = [];
  let video = 1;
  let subtitle = 0;
  for (const stream of info.others) {
    const map = ['-map', `0:${stream.index}`];
    if (stream.kind === 'video' && !stream.attachedPicture && PICTURES[container].includes(stream.codec)) {
      maps.push(...map, `-c:v:${video++}`, 'copy');
    } else if (stream.attachedPicture && container === 'mp4' && COVERS.includes(stream.codec)) {
      maps.push(...map, `-c:v:${video}`, 'copy', `-disposition:v:${video++}`, 'attached_pic');
    } else if (stream.kind === 'subtitle' && subtitleCodec(container, stream) !== undefined) {
      maps.push(...map, `-c:s:${subtitle++}`, subtitleCodec(container, stream)!);
    } else if (stream.kind === 'attachment' && container === 'matroska') {
      maps.push(...map, '-c:t', 'copy');
    } else if (stream.kind !== 'audio' && stream.codec !== 'unknown') {
      lost.push(`${stream.attachedPicture ? 'cover' : stream.kind} (${stream.codec})`);
    }
  }
  return { maps, lost };
}

/** The codec by which a container holds subtitles of a stream, where it can. */
function subtitleCodec(container: Container, { codec }: OtherStream): string | undefined {
  if (container === 'matroska') return codec === 'mov_text' ? 'srt' : codec === 'dvb_teletext' ? undefined : 'copy';
  if (codec === 'mov_text') return 'copy';
  return TEXT_SUBTITLES.includes(codec) ? 'mov_text' : undefined;
}

/** ffmpeg's options that keep what a container can hold of the picture's own metadata, and what it cannot. */
export function pictureMetadata(
  container: Container,
  { video, tags }: MediaInfo,
): { options: string[]; lost: string[] } {
  const apple = container !== 'matroska';
  return {
    options: [
      // Apple's players take HEVC by this tag alone.
      ...(apple && video.codec === 'hevc' ? ['-tag:v:0', 'hvc1'] : []),
      ...(apple && video.dolbyVision ? ['-strict', 'unofficial'] : []),
      ...(apple
        ? ['-movflags', tags.some((tag) => tag.startsWith('com.')) ? '+faststart+use_metadata_tags' : '+faststart']
        : []),
    ],
    lost: container === 'matroska' && video.rotation !== 0 ? [`rotation by ${video.rotation}°`] : [],
  };
}
