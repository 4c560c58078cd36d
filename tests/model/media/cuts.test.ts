/** Cuts are found where they are, and nowhere else, in clips made by ffmpeg. */

import assert from 'node:assert/strict';
import { type Cut, CutDetector } from '../../../model/media/cuts.js';
import { suite } from '../../harness/suite.js';
import { clip, framesOf } from './clips.js';

const test = suite('media: cuts');

const X264 = ['-fps_mode', 'vfr', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];

/** Times of the cuts that are found in a clip. */
async function cutsOf(path: string): Promise<number[]> {
  const detector = new CutDetector(64, 64);
  const cuts: Cut[] = [];
  for await (const { pixels, time } of framesOf(path, { pixels: 'gray8', size: { width: 64, height: 64 } })) {
    const report = detector.push(pixels, time);
    for (const cut of report.cuts) assert.ok(cut.time < report.settled, `${cut.time} by ${report.settled}`);
    cuts.push(...report.cuts);
  }
  cuts.push(...detector.finish());
  for (const { strength } of cuts) assert.ok(strength >= 0.06 && strength <= 1);
  return cuts.map(({ time }) => Number(time.toFixed(2)));
}

/** A source filter: a textured picture of its own for each `look`, larger than what is shown of it. */
const look = (number: number, seconds: number, rate = 25): string => {
  const wave = (k: number) =>
    `sin(X/${4 + ((number * 7 + k * 5) % 13)}+Y/${3 + ((number * 5 + k * 3) % 11)}+${number * k})`;
  return `color=s=96x96:r=1:d=1,geq=lum=128+${30 + number}*${wave(1)}+40*${wave(2)}+25*${wave(3)}:cb=${60 + ((number * 50) % 140)}:cr=128,loop=-1:1,fps=${rate},trim=duration=${seconds}`;
};

/** Looks one after the other, each for some seconds, then `filters` over the whole. */
const shots = (name: string, seconds: readonly number[], filters: string, rate = 25): Promise<string> =>
  clip(
    name,
    ...['-filter_complex'],
    seconds.map((s, i) => `${look(i + 1, s, rate)}[s${i}]`).join(';') +
      `;${seconds.map((_, i) => `[s${i}]`).join('')}concat=n=${seconds.length},${filters}[out]`,
    ...['-map', '[out]', ...X264],
  );

const STEADY = 'crop=64:64:16:16';
/** A camera held by hand: slow sway and quick tremor, up to a fifth of the width. */
const SHAKING = "crop=64:64:'16+9*sin(t*5)+4*sin(t*31)':'16+8*cos(t*4)+4*sin(t*27)'";
/** Whole frames of white, from some times on. */
const flashes = (...times: number[]): string =>
  times.map((t) => `drawbox=c=white:t=fill:enable='between(t,${t - 0.01},${t + 0.05})'`).join(',');

test('a cut is found to the frame, also after a flash that is stronger than it', async () => {
  assert.deepEqual(await cutsOf(await shots('flash-cut.mp4', [40, 2], `${STEADY},${flashes(39.68)}`)), [40]);
  assert.deepEqual(await cutsOf(await shots('cuts.mp4', [1.2, 0.6, 1.4, 1], STEADY)), [1.2, 1.8, 3.2]);
});

test('cuts are found under a shaking camera, and shaking makes none', async () => {
  assert.deepEqual(await cutsOf(await shots('shake.mp4', [3, 2], SHAKING)), [3]);
});

test('a hammer as large as half of the image, that falls within three frames, cuts nothing', async () => {
  const fall = 'if(gt(mod(t,0.6),0.48),(mod(t,0.6)-0.48)/0.12*56-52,4-mod(t,0.6)/0.48*56)';
  const hammer = await clip(
    'hammer.mp4',
    ...[
      '-filter_complex',
      `${look(1, 4)}[room];color=black:s=44x60:r=25:d=4[arm];[room][arm]overlay=30:'16+${fall}',${STEADY}[out]`,
    ],
    ...['-map', '[out]', ...X264],
  );
  assert.deepEqual(await cutsOf(hammer), []);
});

test('flashes of one frame to three, and fades, cut nothing', async () => {
  assert.deepEqual(
    await cutsOf(await shots('flashes.mp4', [4], `${SHAKING},${flashes(1, 1.16, 2, 2.04, 2.08, 3.2)}`)),
    [],
  );
  const fade = 'fade=out:st=1:d=1,fade=in:st=2:d=1';
  assert.deepEqual(await cutsOf(await shots('fade.mp4', [4], `${STEADY},${fade}`)), []);
});

test('each change of a slideshow is a cut, at its own rate and at 25 frames a second', async () => {
  const own = `${STEADY},select='not(mod(n,75))'`;
  assert.deepEqual(await cutsOf(await shots('slides.mp4', [3, 3, 3, 3], own)), [3, 6, 9]);
  assert.deepEqual(await cutsOf(await shots('slides-25.mp4', [3, 3, 3, 3], STEADY)), [3, 6, 9]);
});

test('strong motion of which each frame is shown twice cuts nothing, and a cut in it is found', async () => {
  assert.deepEqual(await cutsOf(await shots('doubled.mp4', [2, 2], `fps=12,${SHAKING},fps=24`, 24)), [2]);
});

test('a cut that is blended over one frame is found within a frame', async () => {
  const blended = await shots('blended.mp4', [1.2, 1.2], `${STEADY},tmix=frames=2`);
  const cuts = await cutsOf(blended);
  assert.ok(cuts.length > 0 && cuts.every((time) => Math.abs(time - 1.2) < 0.05), cuts.join(' '));
});

test('images that do not divide into cells are refused', () => {
  assert.throws(() => new CutDetector(64, 48), { name: 'FrameSizeError' });
});

test.run();
