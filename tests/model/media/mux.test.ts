/** Clips with new sound: the picture's packets untouched, the sound as long as the picture, nothing left after a failure. */

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { decodeAudio } from '../../../model/media/audio.js';
import { type ClipOptions, openClip } from '../../../model/media/clip.js';
import { OutputError } from '../../../model/media/errors.js';
import { runTool } from '../../../model/media/ffmpeg.js';
import { type SoundOutput, writeSound } from '../../../model/media/mux.js';
import { probe } from '../../../model/media/probe.js';
import { suite } from '../../harness/suite.js';
import { clip, framesOf, picture, pictureWithSound, readWav, scratch, type TestFrame, tone } from './clips.js';

const test = suite('media: writing');

/** `writeSound` of 16 kHz samples for the clip at a path. */
async function write({
  path,
  start,
  duration,
  ...options
}: Omit<SoundOutput, 'clip' | 'sampleRate'> & ClipOptions & { path: string }): Promise<void> {
  await writeSound({ clip: await openClip(path, { start, duration }), sampleRate: 16000, ...options });
}

/** Digests of a file's picture packets, without their times. */
async function packets(path: string): Promise<string[]> {
  const { stdout } = await runTool('ffmpeg', [
    ...['-v', 'error', '-i', path, '-map', '0:v:0', '-c', 'copy', '-copyinkf', '-f', 'framehash', '-hash', 'md5', '-'],
  ]);
  return stdout
    .toString()
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => line.split(',').at(-1)!.trim());
}

async function assertFits(output: string, seconds: number): Promise<void> {
  const { audio } = await probe(output);
  assert.ok(
    audio?.duration && Math.abs(audio.duration - seconds) <= 0.02,
    `${output}: sound ${audio?.duration} s, picture ${seconds} s`,
  );
  assert.deepEqual([audio.codec, audio.sampleRate, audio.channels], ['aac', 48000, 1]);
}

test('copies the picture bit by bit and adds sound of its length', async () => {
  const clips = [
    await picture('plain.mp4', '64x48', '25', 2),
    await pictureWithSound('sound.mp4', '64x48', '30000/1001', 2),
    await picture('single.mp4', '32x32', '25', 0.04),
    await picture('third.mp4', '32x32', '15', 1.4),
    await clip('vp9.mkv', '-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=25:d=1', '-c:v', 'libvpx-vp9', '-cpu-used', '8'),
  ];
  for (const path of clips) {
    for (const ending of ['mp4', 'mov', 'mkv']) {
      if (path.endsWith('vp9.mkv') && ending === 'mov') continue;
      const output = `${path}.out.${ending}`;
      const { duration } = await probe(path);
      await write({ path, samples: tone(duration), output });
      assert.deepEqual(await packets(output), await packets(path));
      await assertFits(output, duration);
      const copied = (await probe(output)).duration;
      assert.ok(
        Math.abs(copied - duration) < (ending === 'mkv' ? 0.022 : 0.002),
        `${output}: ${copied} s instead of ${duration} s`,
      );
    }
  }
});

test('keeps the sound in place to the millisecond', async () => {
  const path = await picture('plain.mp4', '64x48', '25', 2);
  const samples = new Float32Array(32000);
  samples.set(tone(0.3, 1000), 16000);
  for (const ending of ['mp4', 'mkv']) {
    const output = scratch(`placed.${ending}`);
    await write({ path, samples, output });
    const sound = await decodeAudio(output, { sampleRate: 16000 });
    const onset = sound.findIndex((s) => Math.abs(s) > 0.2) / 16000;
    assert.ok(Math.abs(onset - 1) < 0.003, `${ending}: the tone begins at ${onset} s instead of 1 s`);
  }
});

test('cuts and lengthens the sound to the picture', async () => {
  const path = await picture('plain.mp4', '64x48', '25', 2);
  for (const seconds of [0, 1.1, 3]) {
    const output = scratch(`fit-${seconds}.mp4`);
    await write({ path, samples: tone(seconds), output });
    await assertFits(output, 2);
  }
});

test('places the sound with the first frame when the old sound began before it', async () => {
  const path = await clip(
    'late-sound.mp4',
    ...['-itsoffset', '0.4', '-i', await picture('plain.mp4', '64x48', '25', 2)],
    ...['-f', 'lavfi', '-i', 'sine=d=2.4', '-map', '0:v', '-map', '1:a', '-c:v', 'copy', '-c:a', 'aac'],
  );
  const samples = new Float32Array(32000);
  samples.set(tone(0.3, 1000), 16000);
  const output = scratch('late-out.mp4');
  await write({ path, samples, output });
  const sound = await decodeAudio(output, { sampleRate: 16000 });
  const onset = sound.findIndex((s) => Math.abs(s) > 0.2) / 16000;
  assert.ok(Math.abs(onset - 1) < 0.005, `${onset}`);
  assert.deepEqual(await packets(output), await packets(path));
});

test('writes a part that shows from its first frame', async () => {
  const path = await picture('parts.mp4', '64x48', '25', 3, '-g', '30', '-bf', '2');
  const output = scratch('part.mp4');
  await write({ path, samples: tone(1), output, start: 1.52, duration: 1 });
  const frames: TestFrame[] = [];
  for await (const frame of framesOf(path, { start: 1.52, duration: 1 })) frames.push(frame);
  const shown: TestFrame[] = [];
  for await (const frame of framesOf(output)) shown.push(frame);
  assert.ok(shown.length >= 25 && shown.length <= 28, `${shown.length} frames`);
  assert.deepEqual(shown[0]!.pixels, frames[0]!.pixels);
  assert.deepEqual(shown[24]!.pixels, frames[24]!.pixels);
  assert.ok(Math.abs((await decodeAudio(output, { sampleRate: 16000 })).length / 16000 - 1) < 0.02);
});

test('writes the sound alone', async () => {
  const output = scratch('alone.wav');
  await write({ path: await picture('plain.mp4', '64x48', '25', 2), samples: tone(2), output });
  const { sampleRate, channels } = readWav(output);
  assert.deepEqual([sampleRate, channels.length, channels[0]!.length], [16000, 1, 32000]);
});

test('leaves nothing behind when it fails or is aborted', async () => {
  const path = await picture('plain.mp4', '64x48', '25', 2);
  mkdirSync(scratch('clean'), { recursive: true });
  const raw = await clip('raw.avi', '-i', path, '-c:v', 'rawvideo', '-pix_fmt', 'bgr24');
  const failing: [Partial<Parameters<typeof write>[0]> & { output: string }, string][] = [
    [{ output: scratch('clean/a.txt') }, 'OutputError'],
    [{ output: path }, 'OutputError'],
    [{ output: scratch('missing/a.mp4') }, 'OutputError'],
    [{ output: scratch('missing/a.wav') }, 'OutputError'],
    [{ output: scratch('clean/raw.mp4'), path: raw }, 'OutputError'],
    [{ output: scratch('clean/a.mp4'), start: 5 }, 'MediaRangeError'],
    [{ output: scratch('clean/b.mp4'), signal: AbortSignal.abort() }, 'AbortError'],
    [{ output: scratch('clean/c.mp4'), signal: AbortSignal.timeout(20) }, 'TimeoutError'],
  ];
  for (const [options, name] of failing) {
    await assert.rejects(write({ path, samples: tone(2), ...options }), { name }, options.output);
  }
  assert.deepEqual(readdirSync(scratch('clean')), []);
  assert.ok(!existsSync(scratch('missing')));
});

test('says that the disk is full', async () => {
  // /dev/full refuses every write with ENOSPC; a link to it stands for the temporary file's disk.
  if (!existsSync('/dev/full')) return;
  const { outputErrorOf, fileUrl, INPUT_PROTOCOLS } = await import('../../../model/media/ffmpeg.js');
  const path = await picture('plain.mp4', '64x48', '25', 2);
  const { stderr } = await runTool('ffmpeg', [
    ...[
      '-v',
      'error',
      '-y',
      ...INPUT_PROTOCOLS,
      '-i',
      fileUrl(path),
      '-c',
      'copy',
      '-f',
      'matroska',
      fileUrl('/dev/full'),
    ],
  ]);
  const error = outputErrorOf(stderr, 'out.mkv');
  assert.ok(error instanceof OutputError && /disk is full/.test(error.message));
});

test.run();
