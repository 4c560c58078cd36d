/**
 * A flash in the picture, and a click put into the sound at the time at which the clip's frames showed the flash: in the
 * written file the two are within one frame of each other, whatever the container did to time.
 */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { openClip } from '../../../model/media/clip.js';
import { runTool } from '../../../model/media/ffmpeg.js';
import { writeSound } from '../../../model/media/mux.js';
import { suite } from '../../harness/suite.js';
import { ffmpeg, scratch } from './clips.js';

const test = suite('media: sound stays with the picture');
const RATE = 16_000;

/** Black, but white from `flash` seconds for 0.2 s (at low rates for one frame). */
const flashing = (rate: string, seconds: number, flash: number, more = ''): string[] => {
  const [a, b = 1] = rate.split('/').map(Number) as [number, number?];
  const length = Math.max(0.2, b / a);
  return [
    ...['-f', 'lavfi', '-i', `color=black:s=96x64:r=${rate}:d=${seconds}`],
    ...['-vf', `drawbox=c=white:t=fill:enable='between(t,${flash - 1e-4},${flash + length - 1e-4})'${more}`],
  ];
};
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
const B_FRAMES = ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '2', '-g', '30', '-pix_fmt', 'yuv420p'];

/** Seconds in a file at which the picture turns white, as a player times it. */
async function flashIn(path: string): Promise<number> {
  const { stdout } = await runTool('ffmpeg', [
    ...['-v', 'error', '-copyts', '-i', path, '-map', '0:v:0', '-vf', 'signalstats,metadata=print:file=-'],
    ...['-fps_mode', 'passthrough', '-f', 'null', '-'],
  ]);
  let time = Number.NaN;
  for (const line of stdout.toString().split('\n')) {
    time = Number(/pts_time:(\S+)/.exec(line)?.[1] ?? time);
    if (Number(/YAVG=(\S+)/.exec(line)?.[1]) > 128) return time;
  }
  throw new Error(`${path}: no flash`);
}

/** Seconds in a file at which the click sounds. */
async function clickIn(path: string): Promise<number> {
  const { stdout: report } = await runTool('ffmpeg', [
    ...[
      '-v',
      'error',
      '-copyts',
      '-i',
      path,
      '-map',
      '0:a:0',
      '-af',
      'ametadata=mode=add:key=x:value=1,ametadata=print:file=-',
    ],
    ...['-frames:a', '1', '-f', 'null', '-'],
  ]);
  const first = Number(/pts_time:(\S+)/.exec(report.toString())![1]);
  const { stdout } = await runTool('ffmpeg', [
    ...['-v', 'error', '-i', path, '-map', '0:a:0', '-ar', '48000', '-ac', '1', '-f', 'f32le', '-'],
  ]);
  const samples = new Float32Array(new Uint8Array(stdout).buffer);
  const peak = samples.reduce((best, v, i) => (Math.abs(v) > Math.abs(samples[best]!) ? i : best), 0);
  return first + peak / 48000;
}

async function offset(path: string, output: string, part: { start?: number; duration?: number }): Promise<number> {
  const clip = await openClip(path, part);
  let flash: number | undefined;
  for await (const { images, time } of clip.frames({ gray: { pixels: 'gray8', size: { width: 8, height: 8 } } })) {
    if (images.gray[0]! > 128) flash ??= time;
  }
  assert.ok(flash !== undefined, `${path}: no flash was seen`);
  const samples = new Float32Array(Math.round(clip.seconds * RATE));
  const click = Math.round(flash * RATE);
  for (let i = -8; i <= 8; i++) if (click + i >= 0) samples[click + i] = 0.9 * Math.cos((i / 8) * Math.PI * 0.5);
  await writeSound({ clip, samples, sampleRate: RATE, output });
  return (await clickIn(output)) - (await flashIn(output));
}

/** Seconds at which the last picture of a file begins. */
async function lastPicture(path: string): Promise<number> {
  const { stdout } = await runTool('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', path],
  ]);
  return Math.max(...stdout.toString().trim().split('\n').map(Number.parseFloat));
}

/** Seconds after the end of a part that are copied with it, so that its last pictures find those that they refer to. */
const REORDERED = 0.2;

interface Case {
  make: (path: string) => Promise<void>;
  input: string;
  outputs: string[];
  /** Seconds of a frame. */
  frame: number;
  part?: { start?: number; duration?: number };
}

/** The flashing picture, first in MP4, then copied with options before the input and before the output. */
async function remuxed(path: string, source: string[], before: string[], after: string[]): Promise<void> {
  await ffmpeg(...source, ...B_FRAMES, `${path}.plain.mp4`);
  await ffmpeg(...before, '-i', `${path}.plain.mp4`, ...after, path);
}

/** The flashing picture and a tone, each beginning so many seconds late. */
async function withSound(path: string, picture: number, sound: number): Promise<void> {
  await ffmpeg(...flashing('25', 3, 1.2), ...B_FRAMES, `${path}.plain.mp4`);
  await ffmpeg(
    ...['-itsoffset', String(picture), '-i', `${path}.plain.mp4`],
    ...['-itsoffset', String(sound), '-f', 'lavfi', '-i', 'sine=d=3', '-map', '0:v', '-map', '1:a'],
    ...['-c:v', 'copy', '-c:a', 'aac', path],
  );
}

const simple = (rate: string, container: string, seconds = 3, codec = X264): Case => {
  const [a, b = 1] = rate.split('/').map(Number) as [number, number?];
  return {
    input: container,
    outputs: ['mp4'],
    frame: b / a,
    make: (path) => ffmpeg(...flashing(rate, seconds, Math.ceil((1.2 * a) / b) * (b / a)), ...codec, path),
  };
};

const cases: Record<string, Case> = {
  '1/3 fps': { ...simple('1/3', 'mp4', 15), outputs: ['mp4', 'mkv'] },
  '1 fps': simple('1', 'mp4', 5),
  '12.5 fps': simple('25/2', 'mp4'),
  '23.976 fps': simple('24000/1001', 'mp4'),
  '25 fps': { ...simple('25', 'mp4'), outputs: ['mp4', 'mov', 'mkv'] },
  '29.97 fps': simple('30000/1001', 'mov'),
  '59.94 fps': simple('60000/1001', 'mkv'),
  '240 fps': simple('240', 'mp4', 2),
  'B-frames in MP4': simple('25', 'mp4', 3, B_FRAMES),
  'B-frames in Matroska': { ...simple('25', 'mkv', 3, B_FRAMES), outputs: ['mp4', 'mkv'] },
  'B-frames in a transport stream': { ...simple('25', 'ts', 3, B_FRAMES), outputs: ['mp4', 'mkv'] },
  'MPEG-4 with B-frames in AVI': {
    ...simple('25', 'avi', 3, ['-c:v', 'mpeg4', '-bf', '2', '-vtag', 'XVID', '-q:v', '4']),
    outputs: ['mp4', 'mkv'],
  },
  'H.264 in AVI': { ...simple('25', 'avi'), outputs: ['mp4', 'mkv'] },
  'raw H.264': { ...simple('25', 'h264'), outputs: ['mp4', 'mkv'] },
  'MPEG-2 program stream': simple('25', 'mpg', 3, ['-c:v', 'mpeg2video', '-bf', '2', '-q:v', '4']),
  'MPEG-2 transport stream': simple('25', 'ts', 3, ['-c:v', 'mpeg2video', '-bf', '2', '-q:v', '4']),
  'Flash video': simple('25', 'flv', 3),
  'VP9 in WebM': { ...simple('25', 'webm', 3, ['-c:v', 'libvpx-vp9', '-cpu-used', '8']), outputs: ['mp4', 'mkv'] },

  'HEVC in a transport stream': simple('25', 'ts', 3, [
    '-c:v',
    'libx265',
    '-preset',
    'ultrafast',
    '-x265-params',
    'log-level=none',
    '-pix_fmt',
    'yuv420p',
  ]),
  'ProRes in QuickTime': { ...simple('25', 'mov', 2, ['-c:v', 'prores_ks']), outputs: ['mov', 'mkv'] },
  'Motion JPEG in AVI': { ...simple('25', 'avi', 2, ['-c:v', 'mjpeg']), outputs: ['mp4', 'mov', 'mkv'] },
  'Theora in Ogg': { ...simple('25', 'ogv', 2, ['-c:v', 'libtheora']), outputs: ['mkv'] },
  'variable rate with gaps': {
    ...{ input: 'mp4', outputs: ['mp4', 'mkv'], frame: 0.04 },
    make: (path) =>
      ffmpeg(
        ...flashing('25', 4, 2.2, ",select='not(between(n,20,44)+between(n,60,80))'"),
        '-fps_mode',
        'vfr',
        ...X264,
        path,
      ),
  },
  'an edit list that hides pre-roll': {
    ...{ input: 'mp4', outputs: ['mp4', 'mkv'], frame: 0.04 },
    make: (path) => remuxed(path, flashing('25', 4, 2.2), ['-ss', '0.7'], ['-c', 'copy']),
  },
  ...Object.fromEntries(
    ['mp4', 'mov', 'mkv', 'ts'].flatMap((input) => [
      [
        `${input}: the picture begins .8 s after the sound`,
        { input, outputs: ['mp4', 'mkv'], frame: 0.04, make: (path: string) => withSound(path, 0.8, 0) },
      ],
      [
        `${input}: the sound begins .8 s after the picture`,
        { input, outputs: ['mp4'], frame: 0.04, make: (path: string) => withSound(path, 0, 0.8) },
      ],
    ]),
  ),
  'a transport stream whose clock wraps': {
    ...{ input: 'ts', outputs: ['mp4', 'mkv'], frame: 0.04 },
    make: (path) => ffmpeg(...flashing('25', 4, 2.2), ...B_FRAMES, '-output_ts_offset', '95441.7', path),
  },
  'transport streams joined end to end': {
    ...{ input: 'ts', outputs: ['mp4', 'mkv'], frame: 0.04 },
    async make(path) {
      await ffmpeg('-f', 'lavfi', '-i', 'color=black:s=96x64:r=25:d=3', ...B_FRAMES, `${path}.1.ts`);
      await ffmpeg(...flashing('25', 3, 1.2), ...B_FRAMES, `${path}.2.ts`);
      writeFileSync(path, Buffer.concat([1, 2].map((n) => readFileSync(`${path}.${n}.ts`))));
    },
  },
  'fragmented MP4 that starts at 5 s': {
    ...{ input: 'mp4', outputs: ['mp4', 'mkv'], frame: 0.04 },
    make: (path) =>
      ffmpeg(
        ...flashing('25', 3, 1.2),
        ...B_FRAMES,
        '-movflags',
        'frag_keyframe+empty_moov',
        '-output_ts_offset',
        '5',
        path,
      ),
  },
  rotated: {
    ...{ input: 'mp4', outputs: ['mp4', 'mov'], frame: 0.04 },
    make: (path) => remuxed(path, flashing('25', 3, 1.2), [], ['-c', 'copy', '-metadata:s:v', 'rotate=90']),
  },
  interlaced: {
    ...{ input: 'ts', outputs: ['mp4'], frame: 0.04 },
    make: (path) =>
      ffmpeg(
        ...flashing('50', 3, 1.2, ',tinterlace'),
        '-c:v',
        'mpeg2video',
        '-q:v',
        '4',
        '-flags',
        '+ildct+ilme',
        path,
      ),
  },
  'a second picture that is the default one': {
    ...{ input: 'mkv', outputs: ['mp4', 'mkv'], frame: 0.04 },
    async make(path) {
      await ffmpeg(...flashing('25', 3, 1.2), ...X264, `${path}.flash.mp4`);
      await ffmpeg(
        ...[
          '-f',
          'lavfi',
          '-i',
          'color=black:s=96x64:r=25:d=3',
          '-i',
          `${path}.flash.mp4`,
          '-map',
          '0:v',
          '-map',
          '1:v',
        ],
        ...[...X264, '-disposition:v:0', '0', '-disposition:v:1', 'default', path],
      );
    },
  },
  ...Object.fromEntries(
    (
      [
        ['mp4', B_FRAMES, 1.52],
        ['mov', B_FRAMES, 1.52],
        ['ts', ['-c:v', 'libx264', '-g', '250', '-pix_fmt', 'yuv420p'], 1.52],
        ['ts', ['-c:v', 'mpeg2video', '-q:v', '4'], 1.52],
        ['flv', X264, 1.52],
        ['avi', ['-c:v', 'mpeg4', '-bf', '2', '-q:v', '4'], 1.52],
        ['mkv', B_FRAMES, 1.52],
      ] as [string, string[], number][]
    ).map(([input, codec, start], i) => [
      `a part of .${input} that begins between key frames (${i + 1})`,
      {
        ...{ input, outputs: ['mp4'], frame: 0.04, part: { start, duration: 1.5 } },
        make: (path: string) => ffmpeg(...flashing('25', 4, 2.2), ...codec, path),
      },
    ]),
  ),
};

for (const [name, { make, input, outputs, frame, part = {} }] of Object.entries(cases)) {
  test(name, async () => {
    const path = scratch(`sync-${name.replaceAll(/\W+/g, '-')}.${input}`);
    await make(path);
    for (const ending of outputs) {
      const difference = await offset(path, `${path}.out.${ending}`, part);
      assert.ok(Math.abs(difference) <= frame, `${ending}: the click is ${difference.toFixed(3)} s after the flash`);
      if (part.duration === undefined) continue;
      const last = await lastPicture(`${path}.out.${ending}`);
      assert.ok(
        last < part.duration + REORDERED,
        `${ending}: the picture of ${part.duration} s goes on until ${last} s`,
      );
    }
  });
}

test.run();
