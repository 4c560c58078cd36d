import assert from 'node:assert/strict';
import { EvaluationError } from '../../../../model/evaluation/errors.js';
import { aaAlign } from '../../../../model/evaluation/metrics/aa-align.js';
import { avAlign, greyFrame, motionPeaks } from '../../../../model/evaluation/metrics/av-align.js';
import { meanFlowMagnitudes } from '../../../../model/evaluation/metrics/farneback-flow.js';
import { librosaOnsets } from '../../../../model/evaluation/metrics/librosa-onsets.js';
import { peakIntersection } from '../../../../model/evaluation/metrics/peak-intersection.js';
import { suite } from '../../../harness/suite.js';
import { type AlignGolden, type OnsetGolden, readGolden, renderFrames, renderSound } from './golden-signals.js';

const test = suite('AV-Align and AA-Align');
const golden = readGolden<{ clips: AlignGolden[]; colors: number[]; grey: number[] }>('av-align');
const near = (a: number, b: number, bar: number, what: string): void =>
  assert.ok(Math.abs(a - b) <= bar, `${what}: ${a}, expected ${b}`);

test('AV-Align of 20 clips is what OpenCV and librosa give', async () => {
  const { clips } = await golden;
  assert.equal(clips.length, 20);
  let defined = 0;
  for (const [i, clip] of clips.entries()) {
    const name = `clip ${i} (${clip.kind})`;
    const { width, height, frameRate } = clip.video;
    const frames = renderFrames(clip.video);
    const sound = renderSound(clip.sound);
    const pixels = frames.reduce((sum, frame) => sum + frame.reduce((a, b) => a + b, 0), 0);
    assert.equal(pixels, clip.check.frames, `${name}: the frames are not the oracle's`);
    const found = avAlign({ frames, width, height, frameRate }, sound, clip.sound.rate);
    if (clip.avAlign === null || found === null) assert.equal(found, clip.avAlign, name);
    else near(found, clip.avAlign, 1e-3, name);
    if (found !== null) defined++;
  }
  assert.ok(defined >= 18, `${defined} defined`);
});

test('flow magnitudes are OpenCV’s, and so are the peaks of motion', async () => {
  for (const [i, { video, flow, motionPeaks: expected }] of (await golden).clips.entries()) {
    // Half of those with noise: without, see docs/evaluation.md.
    if (i % 2 !== 0 || video.noise === 0) continue;
    const frames = renderFrames(video);
    const found = meanFlowMagnitudes(frames, video.width, video.height);
    for (const [k, value] of flow.entries()) near(found[k]!, value, 1e-5, `clip ${i}, flow ${k}`);
    const peaks = motionPeaks({ frames, width: video.width, height: video.height, frameRate: video.frameRate });
    assert.deepEqual(
      peaks.map((time) => time.toFixed(5)),
      expected.map((time) => time.toFixed(5)),
      `clip ${i}`,
    );
  }
});

test('onsets are librosa’s, at other sample rates too', async () => {
  const { signals } = await readGolden<{ signals: OnsetGolden[] }>('onset-detection');
  const sounds = [
    ...signals.map(({ sound, librosa }) => ({ sound, expected: librosa })),
    ...(await golden).clips.map(({ sound, onsets }) => ({ sound, expected: onsets })),
  ];
  for (const [i, { sound, expected }] of sounds.entries()) {
    const found = librosaOnsets(renderSound(sound), sound.rate);
    assert.deepEqual(
      found.map((time) => time.toFixed(5)),
      expected.map((time) => time.toFixed(5)),
      `sound ${i} at ${sound.rate} Hz`,
    );
  }
});

test('AA-Align is the same against the onsets of the true sound', async () => {
  for (const [i, { sound, aaAlign: expected }] of (await golden).clips.entries()) {
    const generated = renderSound({ ...sound, parts: sound.parts.slice(1) });
    const found = aaAlign(generated, renderSound(sound), sound.rate);
    if (expected === null || found === null) assert.equal(found, expected, `clip ${i}`);
    else near(found, expected, 1e-3, `clip ${i}`);
  }
});

test('its flaws are kept: many onsets on one peak exceed 1, and no peaks at all have no score', () => {
  assert.equal(peakIntersection([1, 1.01, 0.99], [1], 0.04), 3);
  assert.equal(peakIntersection([], [], 0.04), null);
  assert.equal(peakIntersection([1], [], 0.04), 0);
  assert.equal(peakIntersection([1], [1.04], 0.04), 0);
  assert.equal(peakIntersection([1], [1.03], 0.04), 1);
});

test('a picture that stands still has no peaks; frames of another size are refused', () => {
  const frames = Array.from({ length: 5 }, () => new Uint8Array(64 * 48).fill(90));
  assert.deepEqual(motionPeaks({ frames, width: 64, height: 48, frameRate: 25 }), []);
  assert.deepEqual(motionPeaks({ frames: [], width: 64, height: 48, frameRate: 25 }), []);
  assert.throws(() => motionPeaks({ frames, width: 64, height: 64, frameRate: 25 }), /frame 0 has 3072 bytes/);
  assert.throws(() => motionPeaks({ frames, width: 64, height: 48, frameRate: 0 }), EvaluationError);
});

test('silence and sounds shorter than a frame have no onsets', () => {
  for (const length of [0, 1, 100, 22_050]) assert.deepEqual(librosaOnsets(new Float32Array(length), 22_050), []);
});

test('grey is rounded as OpenCV does', async () => {
  const { colors, grey } = await golden;
  assert.deepEqual([...greyFrame(Uint8Array.from(colors))], grey);
});

test.run();
