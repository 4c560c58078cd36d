import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '../../../../model/evaluation/report/pictures/png.js';
import { spectrogramPng } from '../../../../model/evaluation/report/pictures/spectrogram.js';
import {
  WAVEFORM_HEIGHT,
  WAVEFORM_WIDTH,
  waveformPath,
} from '../../../../model/evaluation/report/pictures/waveform.js';
import { runTool } from '../../../../model/media/ffmpeg.js';
import { uniformSource } from '../../../harness/random.js';
import { cleanups, suite } from '../../../harness/suite.js';

const test = suite('evaluation: pictures of the report');

const folder = mkdtempSync(join(tmpdir(), 'onset-report-pictures-'));
cleanups.push(() => rmSync(folder, { recursive: true, force: true }));

/** The pixels that ffmpeg finds in a PNG file, three bytes each. */
async function decoded(png: Buffer): Promise<Buffer> {
  const path = join(folder, 'picture.png');
  writeFileSync(path, png);
  const { code, stdout, stderr } = await runTool('ffmpeg', [
    ...['-v', 'error', '-i', path, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'],
  ]);
  assert.deepEqual([code, stderr], [0, '']);
  return stdout;
}

test('a PNG file decodes to the colors of its indices', async () => {
  const uniform = uniformSource(3);
  const palette = Array.from({ length: 7 }, () => [1, 2, 3].map(() => Math.floor(256 * uniform())));
  const indices = Uint8Array.from({ length: 33 * 9 }, () => Math.floor(7 * uniform()));
  const pixels = await decoded(encodePng({ width: 33, height: 9, indices }, palette));
  assert.deepEqual(
    [...pixels],
    [...indices].flatMap((index) => palette[index]!),
  );
});

test('a spectrogram shows a tone where it is, in frequency and time', async () => {
  const rate = 16_000;
  const samples = Float32Array.from({ length: 2 * rate }, (_, i) =>
    i < rate ? 0 : Math.sin((2 * Math.PI * 4000 * i) / rate),
  );
  const png = spectrogramPng(samples, rate);
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const pixels = await decoded(png);
  const brightness = (x: number, y: number): number =>
    [0, 1, 2].reduce((sum, channel) => sum + pixels[3 * (y * width + x) + channel]!, 0);
  const column = (x: number): number[] => Array.from({ length: height }, (_, y) => brightness(x, y));
  assert.ok(Math.max(...column(Math.round(width / 4))) < 20, 'silence is black');
  const tone = column(Math.round((3 * width) / 4));
  const loudest = tone.indexOf(Math.max(...tone));
  // 4 kHz of 8 kHz lie well above the middle of the mel scale, which is about 1.5 kHz.
  assert.ok(loudest > 0.1 * height && loudest < 0.35 * height, `the tone is in row ${loudest} of ${height}`);
});

test('silence gives a black spectrogram and a flat waveform', async () => {
  const silence = new Float32Array(8000);
  assert.ok((await decoded(spectrogramPng(silence, 16_000))).every((value, i) => value <= (i % 3 === 2 ? 4 : 0)));
  assert.deepEqual(new Set(heights(waveformPath(silence))), new Set([50, 51]));
});

/** The heights that a path passes, column by column and back. */
function heights(path: string): number[] {
  const [, first, out, last, back] = /^M0 (-?\d+)l([^V]*)V(-?\d+)l([^Z]*)Z$/.exec(path)!;
  const along = (start: string, steps: string): number[] => {
    let height = Number(start);
    return [height, ...steps.match(/(?<=1 )-?\d+/g)!.map((step) => (height += Number(step)))];
  };
  return [...along(first!, out!), ...along(last!, back!)];
}

test('a waveform reaches from edge to edge at its own peak, and returns to the middle', () => {
  for (const peak of [0.02, 0.9]) {
    const samples = new Float32Array(16_000);
    samples[8000] = peak;
    samples[8001] = -peak;
    const found = heights(waveformPath(samples));
    assert.equal(found.length, 2 * WAVEFORM_WIDTH);
    assert.ok(Math.min(...found) < 6 && Math.max(...found) > WAVEFORM_HEIGHT - 6, `${found}`);
    assert.equal(found.indexOf(Math.min(...found)), WAVEFORM_WIDTH / 2);
  }
});

test('a sound of fewer samples than columns has a waveform', () => {
  assert.equal(heights(waveformPath(Float32Array.of(0.1, -0.1, 0.3))).length, 2 * WAVEFORM_WIDTH);
});

test.run();
