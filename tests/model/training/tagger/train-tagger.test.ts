import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AudioTagger, meanOfWindows, TAGGER_WINDOW } from '../../../../model/networks/index.js';
import { trainTagger } from '../../../../model/training/tagger/train-tagger.js';
import { ProvenanceError, readManifest } from '../../../../weights/index.js';
import { guestEngine } from '../../../harness/engine.js';
import { suite } from '../../../harness/suite.js';
import { makeSounds, tinyTaggerConfig } from './examples.js';

const test = suite('training of the audio tagger');
const scratch = mkdtempSync(join(tmpdir(), 'onset-train-tagger-'));
test.after(() => rmSync(scratch, { recursive: true, force: true }));

const sounds = join(scratch, 'sounds');

async function trained(resume: boolean, signal?: AbortSignal, onStep?: (step: number) => void): Promise<string[]> {
  const notes: string[] = [];
  await trainTagger({
    engine: await guestEngine(),
    config: tinyTaggerConfig(sounds),
    folder: join(scratch, 'run'),
    resume,
    engineVersion: 'test',
    configPath: 'test.json',
    configSha256: '0'.repeat(64),
    onNote: (line) => notes.push(line),
    onProgress: ({ step }) => onStep?.(step),
    ...(signal && { signal }),
  });
  return notes;
}

test(
  'steps, weights with a manifest, figures of held-out sounds; resumed where it stopped, other sounds are refused',
  async () => {
    makeSounds(sounds);
    const stop = new AbortController();
    await assert.rejects(
      trained(false, stop.signal, (step) => step === 2 && stop.abort()),
      { name: 'AbortError' },
    );
    const steps: number[] = [];
    const notes = await trained(true, undefined, (step) => steps.push(step));
    assert.deepEqual(steps, [3, 4]);
    assert.deepEqual(readdirSync(join(scratch, 'run')), ['weights']);
    const folder = join(scratch, 'run', 'weights');
    const manifest = await readManifest(folder);
    assert.deepEqual(
      manifest.files.map(({ name }) => name),
      ['tagger.safetensors'],
    );
    assert.equal(manifest.notes!['held-out sounds, folders'], 2);
    assert.equal(notes[0], 'held-out sounds, folders: 2');
    assert.match(notes[1]!, /^held-out accuracy, folders: (0|0\.5|1)$/);

    const before = readFileSync(join(folder, 'tagger.safetensors'));
    assert.deepEqual(await trained(true), notes);
    assert.ok(readFileSync(join(folder, 'tagger.safetensors')).equals(before), 'a finished training is not repeated');
    makeSounds(sounds, 2);
    await assert.rejects(trained(true), (error: Error) => error instanceof ProvenanceError);
  },
  { limit: 300 },
);

test(
  'sounds of any length are tagged window by window; a silent rest does not matter',
  async () => {
    const engine = await guestEngine();
    const tagger = await AudioTagger.load(engine, join(scratch, 'run', 'weights'));
    const tone = (samples: number): Float32Array => Float32Array.from({ length: samples }, (_, i) => Math.sin(i / 7));
    const padded = new Float32Array(4 * TAGGER_WINDOW);
    padded.set(tone(TAGGER_WINDOW));
    const lengths = [1, TAGGER_WINDOW, TAGGER_WINDOW + 1, 3 * TAGGER_WINDOW];
    const tagged = await tagger.tag([...lengths.map(tone), padded, new Float32Array(4 * TAGGER_WINDOW)]);
    assert.deepEqual(
      tagged.map((windows) => windows.length),
      [1, 1, 2, 5, 2, 1],
    );
    assert.deepEqual(tagged[4]![0], tagged[1]![0]);
    for (const windows of tagged) {
      const { embedding, logits } = meanOfWindows(windows);
      assert.deepEqual([embedding.length, logits.length], [8, 16]);
      assert.ok([...embedding, ...logits].every(Number.isFinite));
    }
    await tagger.dispose();
  },
  { limit: 300 },
);

test.run();
