import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseTrainingConfig, type TrainingConfig } from '../../../model/training/config.js';
import { train } from '../../../model/training/train.js';
import { ProvenanceError } from '../../../weights/index.js';
import { guestEngine } from '../../harness/engine.js';
import { suite } from '../../harness/suite.js';
import { type ExampleFootage, makeFootage, TINY_CONFIG, tinyConfig } from './examples.js';

const test = suite('training with footage');
const scratch = mkdtempSync(join(tmpdir(), 'onset-train-footage-'));
test.after(() => rmSync(scratch, { recursive: true, force: true }));

/** The tiny config with two steps a stage. */
function shortConfig(footage?: TrainingConfig['data']['footage']): TrainingConfig {
  const config = tinyConfig();
  for (const stage of [config.codec, config.encoder, config.generator]) stage.steps = 2;
  return { ...config, data: { ...config.data, footage } };
}

interface Trained {
  /** Names of what was read or made. */
  made: Set<string>;
  notes: string[];
  weights: Buffer[];
}

async function trained(config: TrainingConfig, name: string, resume = false): Promise<Trained> {
  const folder = join(scratch, name);
  const made = new Set<string>();
  const notes: string[] = [];
  // The engine first: Mesa keeps its compiled kernels in the same place, and compiling them all anew takes minutes.
  const engine = await guestEngine();
  const cache = process.env.XDG_CACHE_HOME;
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
  try {
    await train({
      engine,
      config,
      folder,
      resume,
      engineVersion: 'test',
      configPath: 'test.json',
      configSha256: '0'.repeat(64),
      onData: (_done, _total, what) => made.add(what),
      onNote: (line) => notes.push(line),
    });
  } finally {
    if (cache === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = cache;
  }
  const files = ['codec.safetensors', 'generator.safetensors', 'manifest.json'];
  return { made, notes, weights: files.map((file) => readFileSync(join(folder, 'weights', file))) };
}

test(
  'share 0 is a training without footage, bit for bit; its folder need not be there',
  async () => {
    const without = await trained(shortConfig(), 'without');
    const none = await trained(shortConfig({ folder: join(scratch, 'nowhere'), share: 0 }), 'none');
    for (const [i, weights] of none.weights.entries()) assert.ok(weights.equals(without.weights[i]!), `file ${i}`);
    assert.deepEqual([...without.made], ['train clips', 'latents']);
    assert.deepEqual([...none.made, ...none.notes], [...without.made]);
  },
  { limit: 600 },
);

test(
  'share 1 makes no world; a folder of other footage is refused on --resume',
  async () => {
    const clips: ExampleFootage[] = [
      { file: 'a.mp4', seconds: 2 },
      { file: 'b.mp4', seconds: 3 },
    ];
    const folder = join(scratch, 'clips');
    await makeFootage(folder, clips);
    const config = shortConfig({ folder, share: 1 });
    const { made, notes } = await trained(config, 'real');
    assert.deepEqual([...made], ['footage clips', 'latents']);
    assert.deepEqual(notes, ['footage: the codec uses 2 of 2 clips; encoder and generator use 2 of 2 with hit 1']);
    await makeFootage(folder, [clips[0]!, { ...clips[1]!, onsets: '1' }]);
    await assert.rejects(trained(config, 'real', true), (error: Error) => error instanceof ProvenanceError);
  },
  { limit: 600 },
);

test('a folder of footage is relative to the config’s own', () => {
  const json = { ...JSON.parse(readFileSync(TINY_CONFIG, 'utf8')) };
  const folderOf = (folder: string): string => {
    const text = JSON.stringify({ ...json, data: { ...json.data, footage: { folder, share: 0.5 } } });
    return parseTrainingConfig(text, join('somewhere', 'config.json')).data.footage!.folder;
  };
  assert.equal(folderOf('../clips'), resolve('clips'));
  assert.equal(folderOf(resolve('/clips')), resolve('/clips'));
  assert.throws(() => folderOf(''), /data.footage.folder/);
});

test('folders of sounds are relative to the config’s own; shares above 1 and faulty patterns are refused', () => {
  const json = JSON.parse(readFileSync(TINY_CONFIG, 'utf8'));
  const parse = (sounds: object[]): TrainingConfig =>
    parseTrainingConfig(JSON.stringify({ ...json, data: { ...json.data, sounds } }), join('somewhere', 'config.json'));
  const [source] = parse([{ folder: '../sounds', match: '^[1-4]-', share: 0.5 }]).data.sounds!;
  assert.deepEqual(source, { folder: resolve('sounds'), match: '^[1-4]-', share: 0.5 });
  const share = (each: number): object => ({ folder: 'a', share: each });
  assert.throws(() => parse([share(0.6), share(0.5)]), /data.sounds: shares add up to more than 1/);
  assert.throws(() => parse([{ ...share(0.5), match: '(' }]), /data.sounds.0.match: not a regular expression/);
});

test.run();
