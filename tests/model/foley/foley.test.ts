import assert from 'node:assert/strict';
import fc from 'fast-check';
import { f1, matchEvents } from '../../../model/evaluation/metrics/event-matching.js';
import { detectOnsets } from '../../../model/evaluation/metrics/onset-detection.js';
import { createCanvas, drawShape, SHAPES } from '../../../model/foley/canvas.js';
import {
  type ClipOptions,
  FIRST_VALIDATION_SEED,
  FRAME_RATES,
  isHeldOutPair,
  makeClip,
  worldSeed,
} from '../../../model/foley/clip.js';
import { FoleyError } from '../../../model/foley/errors.js';
import { SAMPLE_RATE } from '../../../model/foley/labelled-clip.js';
import { MATERIALS } from '../../../model/foley/materials.js';
import { bounces, STROKES, StrikerHeight, strikes } from '../../../model/foley/motion.js';
import { Random } from '../../../model/foley/random.js';
import { SOURCES } from '../../../model/foley/scene-animations.js';
import { suite } from '../../harness/suite.js';

const test = suite('foley world');
const SMALL: ClipOptions = { seconds: 1.5, size: 12 };
const seeds = fc.integer({ min: 0, max: 2 ** 40 });

test('a seed gives the same clip again, another seed another', () => {
  const [a, b, other] = [makeClip(7), makeClip(7), makeClip(8)];
  assert.deepEqual(a, b);
  assert.notDeepEqual(a.frames, other.frames);
  assert.notDeepEqual(a.sound, other.sound);
});

test('size, color and frame rate change the frames and nothing else', () => {
  fc.assert(
    fc.property(
      seeds,
      fc.constantFrom(8, 13),
      fc.boolean(),
      fc.constantFrom(...FRAME_RATES),
      (seed, size, gray, frameRate) => {
        const plain = makeClip(seed, { seconds: 1, size: 10, frameRate: 25 });
        const varied = makeClip(seed, { seconds: 1, size, gray, frameRate });
        assert.deepEqual(varied.sound, plain.sound);
        assert.deepEqual(varied.events, plain.events);
        assert.equal(varied.material, plain.material);
        assert.equal(varied.channels, gray ? 1 : 3);
      },
    ),
    { numRuns: 15 },
  );
});

test('frames, times, sound and events have the promised shapes and ranges', () => {
  fc.assert(
    fc.property(seeds, fc.double({ min: 0.5, max: 2, noNaN: true }), (seed, seconds) => {
      const clip = makeClip(seed, { ...SMALL, seconds });
      assert.equal(clip.frames.length, clip.frameCount * clip.size * clip.size);
      assert.equal(clip.times.length, clip.frameCount);
      assert.ok(FRAME_RATES.includes(clip.frameRate));
      assert.ok(Math.abs(clip.frameCount - seconds * clip.frameRate) <= 1);
      for (const [i, time] of clip.times.entries()) assert.ok(Math.abs(time - i / clip.frameRate) < 1e-9);
      assert.equal(clip.sound.length, Math.round(seconds * 16_000));
      let energy = 0;
      for (const value of clip.sound) {
        assert.ok(Math.abs(value) <= 0.9501);
        energy += value * value;
      }
      assert.ok(energy > 0);
      let last = 0;
      for (const { time, velocity } of clip.events) {
        assert.ok(time >= last && time < seconds);
        assert.ok(velocity > 0 && velocity <= 1);
        last = time;
      }
    }),
    { numRuns: 25 },
  );
});

test('training has no held-out pair; held-out pairs can be asked for', () => {
  for (let seed = 0; seed < 60; seed++) {
    const training = makeClip(seed, { seconds: 0.2, size: 4 });
    const heldOut = makeClip(seed, { seconds: 0.2, size: 4, pairs: 'held-out' });
    assert.equal(isHeldOutPair(training.material, training.source), false);
    assert.equal(training.heldOut, false);
    assert.equal((5 * heldOut.material + 3 * heldOut.source) % 11, 0);
    assert.equal(heldOut.heldOut, true);
  }
});

test('every material and source can be asked for', () => {
  for (let material = 0; material < MATERIALS.length; material++) {
    for (let source = 0; source < SOURCES.length; source++) {
      const clip = makeClip(material, { ...SMALL, material, source });
      assert.deepEqual([clip.material, clip.source], [material, source]);
      assert.ok(new Set(clip.frames).size > 4, `${MATERIALS[material]!.name} ${SOURCES[source]}: blank frames`);
      if (SOURCES[source] === 'continuous') assert.equal(clip.events.length, 0);
    }
  }
  assert.throws(
    () => makeClip(0, { material: 9 }),
    (error: Error) => error instanceof FoleyError && /material 9 \(0–6\)/.test(error.message),
  );
});

test('the split follows from the seed', () => {
  assert.equal(makeClip(worldSeed('train', 3), SMALL).split, 'train');
  assert.equal(makeClip(worldSeed('validation', 3), SMALL).split, 'validation');
  assert.equal(worldSeed('validation', 0), FIRST_VALIDATION_SEED);
});

test('strikes are heard where the events say', () => {
  let sum = 0;
  for (let i = 0; i < 12; i++) {
    const clip = makeClip(worldSeed('validation', i), { size: 4, source: i % 5, material: [0, 2, 3, 4, 5, 6][i % 6]! });
    sum += f1(
      matchEvents(
        detectOnsets(clip.sound, SAMPLE_RATE),
        clip.events.map(({ time }) => time),
        0.05,
      ),
    );
  }
  assert.ok(sum / 12 > 0.93, `mean F1 ${sum / 12}`);
});

test('a striker touches at each contact and nowhere between', () => {
  fc.assert(
    fc.property(seeds, fc.boolean(), fc.constantFrom(...STROKES), (seed, thrown, stroke) => {
      const random = new Random(seed, 'test');
      const schedule = thrown ? bounces(4, random) : strikes(4, true, random);
      const height = new StrikerHeight(schedule, stroke, thrown, random);
      const { contacts } = schedule;
      for (const { time } of contacts) assert.ok(height.at(time) < 1e-6, `at ${time}: ${height.at(time)}`);
      for (const time of schedule.misses) assert.ok(height.at(time) > 0.1);
      for (let i = 0; i + 1 < contacts.length; i++) {
        const [a, b] = [contacts[i]!.time, contacts[i + 1]!.time];
        assert.ok(height.at(a + 0.8 * (b - a)) > 0.001);
      }
    }),
    { numRuns: 100 },
  );
});

test('a bounce loses height as it loses time', () => {
  const random = new Random(3, 'test');
  const schedule = bounces(4, random);
  const height = new StrikerHeight(schedule, 'ballistic', true, random);
  const [first, second, third] = schedule.contacts.map(({ time }) => time) as [number, number, number];
  const ratio = height.at((second + third) / 2) / height.at((first + second) / 2);
  assert.ok(Math.abs(ratio - ((third - second) / (second - first)) ** 2) < 1e-6);
});

const coordinate = fc.double({ min: -2, max: 2, noNaN: true });

test('drawing stays within its bounds and covers what it should', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...SHAPES),
      fc.tuple(coordinate, coordinate, coordinate),
      fc.double({ min: 0.02, max: 1, noNaN: true }),
      fc.double({ min: 0.02, max: 1, noNaN: true }),
      (shape, [x, y, angle], w, h) => {
        const canvas = createCanvas(16, 1);
        drawShape(canvas, shape, x, y, angle, w, h, 0.05, { color: [1, 1, 1], opacity: 0.5 });
        for (const value of canvas.pixels) assert.ok(value >= 0 && value <= 0.5 + 1e-6);
        const center = Math.floor((y + 1) * 8) * 16 + Math.floor((x + 1) * 8);
        const clearlyInside = Math.abs(x) < 0.9 && Math.abs(y) < 0.9 && Math.min(w, h) > 0.3;
        if (clearlyInside) assert.ok(Math.abs(canvas.pixels[center]! - 0.5) < 1e-6);
      },
    ),
  );
});

test.run();
