/** What a clip carries beside its picture reaches the output where its container can hold it, and is named where it cannot. */

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openClip } from '../../../model/media/clip.js';
import { endingFor, pictureMetadata } from '../../../model/media/containers.js';
import { runTool, toolPath } from '../../../model/media/ffmpeg.js';
import { checkOutput, writeSound } from '../../../model/media/mux.js';
import { suite } from '../../harness/suite.js';
import { clip, ffmpeg, picture, scratch, tone } from './clips.js';

const test = suite('media: containers');

interface Stream {
  codec_type: string;
  codec_name: string;
  codec_tag_string: string;
  disposition: { attached_pic: number };
  side_data_list?: { rotation?: number }[];
}

interface Described {
  streams: Stream[];
  chapters: { tags: { title: string } }[];
  format: { tags?: Record<string, string> };
}

async function described(path: string): Promise<Described> {
  const show = ['-show_streams', '-show_format', '-show_chapters', '-print_format', 'json'];
  const { stdout } = await runTool('ffprobe', ['-v', 'error', ...show, path]);
  return JSON.parse(stdout.toString()) as Described;
}

/** Writes the clip with sound and describes the output; what it cannot hold comes beside. */
async function written(path: string, ending: string): Promise<Described & { lost: string[] }> {
  const output = scratch(`kept-${path.split('/').at(-1)!.replace(/\W/g, '-')}.${ending}`);
  const opened = await openClip(path);
  const lost = await checkOutput(opened, output);
  await writeSound({ clip: opened, samples: tone(1), sampleRate: 16000, output });
  return { ...(await described(output)), lost };
}

const kinds = ({ streams }: Described): string[] => streams.map((s) => `${s.codec_type} ${s.codec_name}`);

test('rotation is kept in MP4 and QuickTime, and named where Matroska loses it', async () => {
  const flat = await picture('kept-flat.mp4', '64x48', '25', 1);
  const path = await clip('kept-rotated.mp4', '-i', flat, '-c', 'copy', '-metadata:s:v', 'rotate=90');
  for (const ending of ['mp4', 'mov']) {
    const { streams, lost } = await written(path, ending);
    assert.ok(
      streams[0]!.side_data_list?.some(({ rotation }) => Math.abs(rotation ?? 0) === 90),
      ending,
    );
    assert.deepEqual(lost, []);
  }
  const { rotation } = (await openClip(path)).info.video;
  assert.ok(rotation === 90 || rotation === 270);
  assert.deepEqual((await written(path, 'mkv')).lost, [`rotation by ${rotation}°`]);
});

test('HEVC is tagged as Apple’s players take it, from every container', async () => {
  const codec = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none', '-pix_fmt', 'yuv420p'];
  for (const input of ['mkv', 'ts', 'mp4']) {
    const path = await clip(`kept-hevc.${input}`, '-f', 'lavfi', '-i', 'testsrc2=s=64x64:r=25:d=1', ...codec);
    for (const ending of ['mp4', 'mov']) {
      const { streams } = await written(path, ending);
      assert.equal(streams[0]!.codec_tag_string, 'hvc1', `${input} to ${ending}`);
    }
  }
});

test('a Dolby Vision configuration is asked for in MP4 and QuickTime', async () => {
  const { info } = await openClip(await picture('kept-flat.mp4', '64x48', '25', 1));
  const dolby = { ...info, video: { ...info.video, dolbyVision: true } };
  assert.ok(pictureMetadata('mp4', dolby).options.join(' ').includes('-strict unofficial'));
  assert.ok(!pictureMetadata('mp4', info).options.includes('-strict'));
});

test('a phone’s own keys, title and chapters are kept', async () => {
  writeFileSync(
    scratch('kept-meta.txt'),
    ';FFMETADATA1\ntitle=At the sea\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=First\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=1000\ntitle=Second\n',
  );
  const path = await clip(
    'kept-phone.mov',
    ...['-i', await picture('kept-flat.mp4', '64x48', '25', 1), '-i', scratch('kept-meta.txt'), '-map_metadata', '1'],
    ...[
      '-map',
      '0:v',
      '-c',
      'copy',
      '-movflags',
      'use_metadata_tags',
      '-metadata',
      'com.apple.quicktime.model=Phone 9',
    ],
  );
  for (const ending of ['mp4', 'mov', 'mkv']) {
    const { format, chapters } = await written(path, ending);
    const tags = Object.fromEntries(
      Object.entries(format.tags ?? {}).map(([key, value]) => [key.toLowerCase(), value]),
    );
    assert.equal(tags['com.apple.quicktime.model'], 'Phone 9', `${ending}: ${JSON.stringify(tags)}`);
    assert.equal(tags.title, 'At the sea', ending);
    assert.deepEqual(
      chapters.map((each) => each.tags.title),
      ['First', 'Second'],
    );
  }
});

test('subtitles go where they can, in the container’s own form', async () => {
  writeFileSync(scratch('kept.srt'), '1\n00:00:00,000 --> 00:00:00,900\nSplash\n');
  const path = await clip(
    'kept-subtitles.mkv',
    ...[
      '-i',
      await picture('kept-flat.mp4', '64x48', '25', 1),
      '-i',
      scratch('kept.srt'),
      '-c:v',
      'copy',
      '-c:s',
      'srt',
    ],
  );
  assert.deepEqual(kinds(await written(path, 'mkv')).sort(), ['audio aac', 'subtitle subrip', 'video h264']);
  assert.deepEqual(kinds(await written(path, 'mp4')).sort(), ['audio aac', 'subtitle mov_text', 'video h264']);
});

test('further pictures and covers are kept or named', async () => {
  const flat = await picture('kept-flat.mp4', '64x48', '25', 1);
  const two = await clip('kept-two.mkv', '-i', flat, '-i', flat, '-map', '0:v', '-map', '1:v', '-c', 'copy');
  for (const ending of ['mp4', 'mkv'])
    assert.equal(kinds(await written(two, ending)).filter((k) => k === 'video h264').length, 2);
  const cover = await clip('kept-cover.png', '-f', 'lavfi', '-i', 'testsrc2=s=32x32', '-frames:v', '1');
  const path = await clip(
    'kept-cover.mp4',
    ...['-i', flat, '-i', cover, '-map', '0:v', '-map', '1:v', '-c', 'copy', '-disposition:v:1', 'attached_pic'],
  );
  const kept = await written(path, 'mp4');
  assert.ok(kept.streams.some(({ disposition }) => disposition.attached_pic === 1));
  assert.deepEqual((await written(path, 'mov')).lost, ['cover (png)']);
});

test('a picture that no container takes, or no copy can time, is refused before any work', async () => {
  const source = ['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=25:d=1'];
  const gif = await openClip(await clip('kept.gif', ...source));
  assert.equal(endingFor(gif.info), undefined);
  await assert.rejects(checkOutput(gif, 'x.mp4'), { name: 'OutputError', message: /--exact/ });
  await assert.rejects(checkOutput(await openClip(await clip('kept-vp8.webm', ...source, '-c:v', 'libvpx')), 'x.mp4'), {
    name: 'OutputError',
  });
  const reordered = ['-c:v', 'libx264', '-bf', '2', '-pix_fmt', 'yuv420p'];
  for (const ending of ['avi', 'h264']) {
    const opened = await openClip(await clip(`kept-reordered.${ending}`, ...source, ...reordered));
    await assert.rejects(checkOutput(opened, 'x.mp4'), { name: 'OutputError', message: /--exact/ });
    assert.deepEqual(await checkOutput(opened, 'x.wav'), []);
    const output = scratch(`kept-exact-${ending}.mp4`);
    await writeSound({ clip: opened, samples: tone(1), sampleRate: 16000, output, exact: true });
    const shown = await runTool('ffprobe', [
      '-v',
      'error',
      '-show_entries',
      'frame=pts_time',
      '-select_streams',
      'v',
      '-of',
      'csv=p=0',
      output,
    ]);
    const times = shown.stdout.toString().trim().split('\n').map(Number.parseFloat);
    assert.ok(times.length >= 24, `${times.length} frames`);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
  }
});

test('a part between key frames is not written to Matroska, which cannot hide what comes before; --exact encodes it', async () => {
  const path = await picture('kept-gop.mp4', '64x48', '25', 4, '-g', '250');
  const part = await openClip(path, { start: 2.52, duration: 1 });
  await assert.rejects(checkOutput(part, 'x.mkv'), { name: 'OutputError', message: /2\.52 s after a key frame/ });
  const output = scratch('kept-part.mkv');
  await writeSound({ clip: part, samples: tone(1), sampleRate: 16000, output, exact: true });
  const { info } = await openClip(output);
  assert.ok(Math.abs(info.duration - 1) < 0.05, `${info.duration}`);
});

test('--exact keeps the times of frames, also those between the ticks of the mean rate', async () => {
  const path = await picture('kept-gop.mp4', '64x48', '25', 4, '-g', '250');
  const clip = await openClip(path, { start: 2.51, duration: 1 });
  const output = scratch('kept-times.mp4');
  await writeSound({ clip, samples: tone(1), sampleRate: 16000, output, exact: true });
  const { stdout } = await runTool('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'frame=pts_time', '-of', 'csv=p=0', output],
  ]);
  const first = Number.parseFloat(stdout.toString());
  assert.ok(Math.abs(first - 0.01) < 1e-3, `the first frame is at ${first} s instead of .01 s`);
});

test('ffprobe is looked for beside another ffmpeg, and never the ffmpeg itself', () => {
  const folder = scratch('tools');
  mkdirSync(folder, { recursive: true });
  const kept = { FFMPEG: process.env.FFMPEG, FFPROBE: process.env.FFPROBE };
  delete process.env.FFPROBE;
  try {
    process.env.FFMPEG = join(folder, 'my-encoder');
    writeFileSync(process.env.FFMPEG, '');
    assert.equal(toolPath('ffprobe'), 'ffprobe');
    writeFileSync(join(folder, 'ffprobe'), '');
    chmodSync(join(folder, 'ffprobe'), 0o755);
    assert.equal(toolPath('ffprobe'), join(folder, 'ffprobe'));
    process.env.FFMPEG = join(folder, 'ffmpeg-7');
    writeFileSync(join(folder, 'ffprobe-7'), '');
    assert.equal(toolPath('ffprobe'), join(folder, 'ffprobe-7'));
  } finally {
    for (const [name, value] of Object.entries(kept)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});

test('a minute of sound is written without a warning', async () => {
  const path = await clip(
    'kept-minute.mp4',
    '-f',
    'lavfi',
    '-i',
    'color=black:s=32x32:r=5:d=60',
    '-c:v',
    'libx264',
    '-pix_fmt',
    'yuv420p',
  );
  const warnings: string[] = [];
  const warned = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', warned);
  try {
    const output = scratch('kept-minute.out.mp4');
    await writeSound({ clip: await openClip(path), samples: tone(60), sampleRate: 16000, output });
    await ffmpeg('-i', output, '-f', 'null', '-');
  } finally {
    process.off('warning', warned);
  }
  assert.deepEqual(warnings, []);
});

test.run();
