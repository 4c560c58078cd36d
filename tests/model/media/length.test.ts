/** How long a clip is: by its frames, whatever its headers say. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { type Clip, openClip } from '../../../model/media/clip.js';
import { suite } from '../../harness/suite.js';
import { clip, ffmpeg, framesOf, picture, pictureWithSound, scratch } from './clips.js';

const test = suite('media: length');

async function decoded(path: string, part: { start?: number; duration?: number } = {}): Promise<Clip> {
  const opened = await openClip(path, part);
  for await (const _ of opened.frames({ gray: { pixels: 'gray8', size: { width: 8, height: 8 } } }));
  return opened;
}

/** A copy of a file with every occurrence of some bytes replaced by as many others. */
function patched(path: string, name: string, from: string | Buffer, to: string | Buffer): string {
  const bytes = readFileSync(path);
  let found = 0;
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) {
    Buffer.from(to as string).copy(bytes, at);
    found++;
  }
  assert.ok(found > 0, `${path} has no such bytes`);
  writeFileSync(scratch(name), bytes);
  return scratch(name);
}

async function assertLasts(path: string, seconds: number, note: boolean, tolerance = 0.001): Promise<void> {
  const opened = await decoded(path);
  assert.ok(Math.abs(opened.seconds - seconds) <= tolerance, `${path}: ${opened.seconds} s instead of ${seconds} s`);
  assert.equal(opened.notes.length, note ? 1 : 0, opened.notes.join());
}

test('a sound file of its length says nothing', async () => {
  await assertLasts(await picture('plain.mp4', '64x48', '25', 2), 2, false);
  await assertLasts(await pictureWithSound('good.mkv', '64x48', '25', 3), 3, false);
  await assertLasts(await picture('length.ts', '64x48', '25', 3), 3, false);
  await assertLasts(await picture('length-third.mp4', '64x48', '1/3', 9), 9, false);
});

test('the last frame lasts as long as its file says, where the others bear it out', async () => {
  const uneven = ['-vf', "select='not(between(n,1,24)+between(n,26,49)+gt(n,50))'", '-fps_mode', 'vfr'];
  const path = await picture('length-slides.mp4', '64x48', '25', 3, ...uneven);
  const opened = await decoded(path);
  assert.ok(opened.seconds >= 2 && opened.seconds <= 3.001, `${opened.seconds}`);
});

test('a transport stream whose sound begins first is as long as its picture, from the first frame on', async () => {
  const path = scratch('length-sound-first.ts');
  await ffmpeg(
    ...['-f', 'lavfi', '-i', 'sine=d=3', '-itsoffset', '0.7', '-f', 'lavfi', '-i', 'testsrc=d=3:s=64x48:r=25'],
    ...['-map', '1', '-map', '0', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', path],
  );
  await assertLasts(path, 3, false);
  for await (const { time } of framesOf(path)) {
    assert.ok(Math.abs(time) < 1e-6, `the first frame is at ${time} s`);
    break;
  }
});

test('transport streams joined end to end last as long as both', async () => {
  const one = readFileSync(await picture('length.ts', '64x48', '25', 3));
  writeFileSync(scratch('length-joined.ts'), Buffer.concat([one, one]));
  await assertLasts(scratch('length-joined.ts'), 6, true, 0.05);
});

test('a Matroska tag that is wrong is not believed, and that is said', async () => {
  const path = await picture('length.mkv', '64x48', '25', 3);
  const stated = '00:00:03.000000000';
  for (const lie of ['00:00:02.000000000', '00:01:03.000000000', '99:00:03.000000000']) {
    await assertLasts(patched(path, `length-${lie.slice(0, 8).replaceAll(':', '')}.mkv`, stated, lie), 3, true);
  }
});

test('a media header that is wrong is not believed', async () => {
  const path = await picture('length-header.mp4', '64x48', '25', 3);
  const bytes = readFileSync(path);
  // mdhd, version 0: … creation, modification, time scale, duration.
  const at = bytes.indexOf('mdhd') + 4 + 4 + 8 + 4;
  bytes.writeUInt32BE(Math.round(bytes.readUInt32BE(at) * 0.3), at);
  writeFileSync(scratch('length-short-header.mp4'), bytes);
  await assertLasts(scratch('length-short-header.mp4'), 3, true);
});

test('program streams and raw streams last as long as their pictures', async () => {
  await assertLasts(
    await clip(
      'length.mpg',
      ...['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=25:d=3', '-f', 'lavfi', '-i', 'sine=d=3'],
      ...['-c:v', 'mpeg2video', '-c:a', 'mp2'],
    ),
    3,
    false,
    0.101,
  );
  await assertLasts(await picture('length.h264', '64x48', '25', 3), 3, false, 0.05);
});

test('a file that was cut off is refused', async () => {
  const bytes = readFileSync(await pictureWithSound('length-whole.mkv', '320x240', '25', 6));
  writeFileSync(scratch('length-cut.mkv'), bytes.subarray(0, Math.floor(bytes.length * 0.6)));
  await assert.rejects(decoded(scratch('length-cut.mkv')), { name: 'TruncatedMediaError' });
});

test('a part is as long as was asked for, or as the clip has', async () => {
  const path = await picture('length-long.ts', '64x48', '25', 14, '-g', '250');
  assert.ok(Math.abs((await decoded(path, { start: 8.52, duration: 2 })).seconds - 2) < 1e-6);
  assert.ok(Math.abs((await decoded(path, { start: 13 })).seconds - 1) < 0.05);
});

test('a part within the last frame, or after it, is refused by name', async () => {
  const path = await picture('plain.mp4', '64x48', '25', 2);
  await assert.rejects(decoded(path, { start: 1.98 }), {
    name: 'MediaRangeError',
    message: /no frame begins at 1\.98 s/,
  });
  await assert.rejects(openClip(path, { start: 2 }), { name: 'MediaRangeError' });
  await assert.rejects(decoded(await picture('length.ts', '64x48', '25', 3), { start: 3.5 }), {
    name: 'MediaRangeError',
  });
});

test('the picture that a file marks as its default one is taken', async () => {
  const path = scratch('length-default.mkv');
  await ffmpeg(
    ...['-f', 'lavfi', '-i', 'color=black:s=32x32:r=25:d=1', '-f', 'lavfi', '-i', 'color=white:s=64x64:r=25:d=2'],
    ...['-map', '0', '-map', '1', '-c:v', 'libx264', '-disposition:v:0', '0', '-disposition:v:1', 'default', path],
  );
  const { info } = await openClip(path);
  assert.deepEqual([info.video.index, info.video.width], [1, 64]);
});

test.run();
