/** Reading clips: what they hold, their frames with exact times, their sound. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { decodeAudio } from '../../../model/media/audio.js';
import { type ClipOptions, openClip } from '../../../model/media/clip.js';
import { MediaRangeError, NoAudioStreamError } from '../../../model/media/errors.js';
import { runTool } from '../../../model/media/ffmpeg.js';
import type { ImageFormat } from '../../../model/media/frames.js';
import { probe } from '../../../model/media/probe.js';
import { sampleClip } from '../../../model/media/sample.js';
import { suite } from '../../harness/suite.js';
import { clip, ffmpeg, framesOf, picture, pictureWithSound, scratch, type TestFrame } from './clips.js';

const test = suite('media: reading');

async function all(path: string, options?: ClipOptions & Partial<ImageFormat>): Promise<TestFrame[]> {
  const frames: TestFrame[] = [];
  for await (const frame of framesOf(path, options)) frames.push(frame);
  return frames;
}

/** Frame times by another way: ffprobe's own list, from the first frame on. */
async function timesByFfprobe(path: string): Promise<number[]> {
  const { stdout } = await runTool('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'frame=pts', '-of', 'csv=p=0', '-i', path],
  ]);
  const base = await runTool('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'stream=time_base', '-of', 'csv=p=0', '-i', path],
  ]);
  const [a, b] = base.stdout.toString().trim().split('/').map(Number);
  const pts = stdout
    .toString()
    .trim()
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => Number(line.split(',')[0]));
  return pts.map((each) => ((each - pts[0]!) * a!) / b!);
}

function assertTimes(actual: number[], expected: number[]): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(actual[i]! - expected[i]!) <= 1.01e-6, `frame ${i}: ${actual[i]} s instead of ${expected[i]} s`);
  }
}

test('describes a clip without sound', async () => {
  const info = await probe(await picture('plain.mp4', '64x48', '25', 2));
  assert.equal(info.video.width, 64);
  assert.equal(info.video.height, 48);
  assert.equal(info.video.frameRate, 25);
  assert.equal(info.video.codec, 'h264');
  assert.equal(info.audio, undefined);
  assert.ok(Math.abs(info.duration - 2) < 1e-6);
});

test('describes a clip with sound, in each container', async () => {
  for (const ending of ['mp4', 'mov', 'mkv']) {
    const info = await probe(await pictureWithSound(`sound.${ending}`, '64x48', '30000/1001', 2));
    assert.equal(info.audio?.sampleRate, 44100);
    assert.equal(info.audio?.channels, 1);
    assert.ok(Math.abs(info.duration - 2.002) < 0.002, `${ending}: ${info.duration}`);
  }
});

test('measures a recording that was written without a length', async () => {
  const path = scratch('live.mkv');
  await ffmpeg(
    ...['-i', await picture('plain.mp4', '64x48', '25', 2), '-c', 'copy', '-f', 'matroska', '-live', '1', path],
  );
  const info = await probe(path);
  assert.ok(Math.abs(info.duration - 2) < 0.011, `${info.duration}`);
});

test('gives every frame with its exact time', async () => {
  for (const rate of ['25', '24000/1001', '15', '30']) {
    const path = await picture(`rate-${rate.replace('/', '-')}.mp4`, '48x32', rate, 1);
    assertTimes(
      (await all(path)).map((f) => f.time),
      await timesByFfprobe(path),
    );
  }
});

test('gives the times of a variable frame rate', async () => {
  const path = await clip(
    'variable.mp4',
    ...['-f', 'lavfi', '-i', "testsrc2=s=48x32:r=50:d=3,select='not(mod(n,3))+lt(mod(n,17),4)'", '-fps_mode', 'vfr'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'],
  );
  const times = (await all(path)).map((f) => f.time);
  const steps = new Set(times.slice(1).map((t, i) => Math.round((t - times[i]!) * 1000)));
  assert.ok(steps.size >= 2, 'the clip is not of variable rate');
  assertTimes(times, await timesByFfprobe(path));
});

test('gives grey and colour pixels of odd and resized frames', async () => {
  const path = await clip(
    'odd.mkv',
    ...['-f', 'lavfi', '-i', 'color=c=0xff0000:s=37x23:r=10:d=0.5,format=gbrp', '-c:v', 'ffv1', '-pix_fmt', 'gbrp'],
  );
  const colour = await all(path);
  assert.equal(colour.length, 5);
  assert.equal(colour[0]!.pixels.length, 37 * 23 * 3);
  assert.deepEqual([...colour[4]!.pixels.slice(-3)], [255, 0, 0]);
  const small = await all(path, { pixels: 'gray8', size: { width: 10, height: 6 } });
  assert.equal(small[0]!.pixels.length, 10 * 6);
  assert.ok(Math.abs(small[0]!.pixels[0]! - 76) <= 2, `grey of red is ${small[0]!.pixels[0]}`);
  assert.equal(
    (await all(path, { pixels: 'gray8', size: { width: 16, height: 16 }, fit: 'cover' }))[0]!.pixels.length,
    256,
  );
});

test('turns a rotated clip upright', async () => {
  const flat = await clip(
    'half.mp4',
    ...['-f', 'lavfi', '-i', 'color=c=black:s=64x32:r=10:d=0.5,drawbox=x=0:y=0:w=32:h=32:c=white:t=fill'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'],
  );
  // The track header's matrix (a b u c d v x y w in 16.16) for a quarter turn clockwise, as a phone held upright writes it.
  const path = scratch('rotated.mp4');
  const bytes = readFileSync(flat);
  const matrix = bytes.indexOf('tkhd') + 4 + 40;
  [0, 1, 0, -1, 0].forEach((value, i) => {
    bytes.writeInt32BE(value * 65536, matrix + 4 * i);
  });
  writeFileSync(path, bytes);
  const { video } = await probe(path);
  assert.deepEqual([video.width, video.height, video.rotation], [32, 64, 90]);
  const [frame] = await all(path, { pixels: 'gray8' });
  // The white left half comes to the top by a quarter turn clockwise.
  assert.ok(frame!.pixels[5 * 32 + 16]! > 200 && frame!.pixels[60 * 32 + 16]! < 50);
});

test('reads a clip of a single frame', async () => {
  const path = await picture('single.mp4', '32x32', '25', 0.04);
  const frames = await all(path);
  assert.deepEqual(
    frames.map((f) => f.time),
    [0],
  );
  assert.ok(Math.abs((await probe(path)).duration - 0.04) < 1e-6);
});

test('streams ten minutes without keeping them', async () => {
  const path = await picture('long.mp4', '64x48', '5', 600, '-g', '50');
  const before = process.memoryUsage().rss;
  let count = 0;
  let last = 0;
  for await (const frame of framesOf(path, { size: { width: 256, height: 192 } })) {
    count++;
    last = frame.time;
  }
  assert.equal(count, 3000);
  assert.ok(Math.abs(last - 599.8) < 1e-6);
  // All frames together would be 442 MB.
  assert.ok(process.memoryUsage().rss - before < 250e6, 'memory grew with the length of the clip');
});

test('decodes a part, beginning between key frames', async () => {
  const path = await picture('plain.mp4', '64x48', '25', 2);
  const whole = await all(path);
  const part = await all(path, { start: 0.52, duration: 1 });
  assert.equal(part.length, 25);
  assertTimes(
    part.map((f) => f.time),
    part.map((_, i) => i / 25),
  );
  assert.deepEqual(part[0]!.pixels, whole[13]!.pixels);
  assert.deepEqual(part[24]!.pixels, whole[37]!.pixels);
  await assert.rejects(all(path, { start: 2.5 }), MediaRangeError);
});

test('counts from the first frame when the sound begins before it', async () => {
  const path = await clip(
    'late.mkv',
    ...['-itsoffset', '0.4', '-i', await picture('plain.mp4', '64x48', '25', 2)],
    ...[
      '-f',
      'lavfi',
      '-i',
      "aevalsrc='gte(t,0.9)*sin(2*PI*440*t)':s=16000:d=2.4",
      '-c:v',
      'copy',
      '-c:a',
      'pcm_s16le',
    ],
  );
  const { video, duration } = await probe(path);
  assert.ok(Math.abs(video.start - 0.4) < 0.002 && Math.abs(duration - 2) < 0.41);
  const times = (await all(path)).map((f) => f.time);
  assert.equal(times.length, 50);
  assert.ok(Math.abs(times[0]!) < 0.002 && Math.abs(times[49]! - 1.96) < 0.002);
  const sound = await decodeAudio(path, { sampleRate: 16000 });
  const onset = sound.findIndex((s) => Math.abs(s) > 0.1) / 16000;
  assert.ok(Math.abs(onset - 0.5) < 0.005, `the tone begins ${onset} s after the first frame`);
});

test('the sound of a transport stream that begins after its picture stays where it is', async () => {
  const path = scratch('sound-late.ts');
  await ffmpeg(
    ...['-f', 'lavfi', '-i', 'testsrc=d=3:s=64x48:r=25', '-itsoffset', '0.7', '-f', 'lavfi', '-i', 'sine=d=2'],
    ...['-c:v', 'libx264', '-pix_fmt', 'yuv420p', path],
  );
  const sound = await decodeAudio(path, { sampleRate: 16000 });
  const onset = sound.findIndex((s) => Math.abs(s) > 0.05) / 16000;
  assert.ok(Math.abs(onset - 0.7) < 0.03, `the tone begins ${onset} s after the first frame`);
});

test('ends the decoder when the loop is left or aborted', async () => {
  const path = await picture('long.mp4', '64x48', '5', 600, '-g', '50');
  for await (const frame of framesOf(path)) if (frame.time >= 1) break;
  const controller = new AbortController();
  await assert.rejects(
    async () => {
      for await (const frame of framesOf(path, { signal: controller.signal })) {
        if (frame.time >= 1) controller.abort();
      }
    },
    { name: 'AbortError' },
  );
});

test('ends the decoder when the loop over several formats is left while images wait in its pipes', async () => {
  const opened = await openClip(await picture('long.mp4', '64x48', '5', 600, '-g', '50'));
  const size = { width: 256, height: 256 };
  for await (const { time } of opened.frames({ gray: { pixels: 'gray8', size }, color: { pixels: 'rgb24', size } })) {
    // Time for the decoder to fill all pipes.
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (time >= 0) break;
  }
});

test('takes paths that look like options or protocols', async () => {
  const path = scratch('-odd:name %d.mp4');
  const source = await picture('movable.mp4', '32x32', '25', 0.2);
  renameSync(source, path);
  assert.equal((await all(path)).length, 5);
  const here = process.cwd();
  process.chdir(scratch('.'));
  try {
    assert.ok(readdirSync('.').includes('-odd:name %d.mp4'));
    assert.equal((await all('-odd:name %d.mp4')).length, 5);
  } finally {
    process.chdir(here);
  }
});

test('decodes sound to mono 16 kHz', async () => {
  const sound = await decodeAudio(await pictureWithSound('sound.mp4', '64x48', '30000/1001', 2), { sampleRate: 16000 });
  assert.ok(Math.abs(sound.length - 32000) < 800, `${sound.length} samples`);
  let crossings = 0;
  for (let i = 4001; i < 20001; i++) if (sound[i - 1]! < 0 !== sound[i]! < 0) crossings++;
  assert.ok(Math.abs(crossings - 880) <= 3, `${crossings} zero crossings in a second of 440 Hz`);
  const silent = await picture('plain.mp4', '64x48', '25', 2);
  await assert.rejects(decodeAudio(silent, { sampleRate: 16000 }), NoAudioStreamError);
});

test('has a sample clip whose impacts are where it says', async () => {
  const sample = sampleClip();
  const frames = await all(sample.path, { pixels: 'gray8' });
  assert.equal(frames.length, sample.seconds * sample.fps);
  assert.equal(frames[0]!.pixels.length, sample.width * sample.height);
  assert.ok(sample.events.length >= 8);
  // A ball comes down before an impact and goes up after it: its rows' centre of change turns there.
  const lowest = (index: number): number => {
    const { pixels } = frames[index]!;
    for (let y = 188; y > 0; y--) {
      for (let x = 70; x < 110; x++)
        if (Math.abs(pixels[y * 320 + x]! - frames[0]!.pixels[y * 320 + x]!) > 25) return y;
    }
    return 0;
  };
  const hit = Math.floor(sample.events[0]!.time * 25);
  assert.ok(lowest(hit - 4) < lowest(hit - 1) && lowest(hit + 5) < lowest(hit));
});

test.run();
