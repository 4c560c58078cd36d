/** Switches of a training config, and stages that trainings share. */

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrainingConfig } from '../../../model/training/config.js';
import { type TrainingCost, train } from '../../../model/training/train.js';
import { encodeF16, openSafetensors, withFile } from '../../../weights/index.js';
import { guestEngine } from '../../harness/engine.js';
import { suite } from '../../harness/suite.js';
import { tinyConfig } from './examples.js';

const test = suite('training: switches');
const scratch = mkdtempSync(join(tmpdir(), 'onset-switches-'));
test.after(() => rmSync(scratch, { recursive: true, force: true }));

/** The tiny config with two steps a stage. */
function shortConfig(changes: Partial<TrainingConfig['generator']> = {}): TrainingConfig {
  const config = tinyConfig();
  for (const stage of [config.codec, config.encoder, config.generator]) stage.steps = 2;
  return { ...config, generator: { ...config.generator, ...changes } };
}

/** Trains in a folder of that name; the stages that were trained, and not taken from elsewhere. */
async function trained(
  config: TrainingConfig,
  name: string,
): Promise<{ folder: string; stages: string[]; cost: TrainingCost }> {
  const folder = join(scratch, name);
  const stages = new Set<string>();
  const cost = await train({
    engine: await guestEngine(),
    config,
    folder,
    resume: true,
    engineVersion: 'test',
    configPath: 'test.json',
    configSha256: '0'.repeat(64),
    sharedStages: join(scratch, 'stages'),
    onProgress: ({ stage }) => stages.add(stage),
  });
  return { folder, stages: [...stages], cost };
}

/** Tensors of a file by name, as half-precision bits. */
const halves = (path: string): Promise<Map<string, Uint16Array>> =>
  withFile(path, async (source) => {
    const file = await openSafetensors(source);
    const tensors = new Map<string, Uint16Array>();
    for (const name of file.tensors.keys()) tensors.set(name, encodeF16(await file.readAsF32(name)));
    return tensors;
  });

test(
  'a frozen encoder stays as its own stage left it, a joint one does not; stages of the same provenance are shared',
  async () => {
    const joint = await trained(shortConfig(), 'joint');
    assert.deepEqual(joint.stages, ['codec', 'encoder', 'generator']);
    const frozen = await trained(shortConfig({ freezeEncoder: true }), 'frozen');
    assert.deepEqual(frozen.stages, ['generator'], 'codec and encoder are those of the other training');
    assert.equal(frozen.cost.seconds.codec, joint.cost.seconds.codec, 'their cost goes with them');
    assert.ok(Object.values(frozen.cost.seconds).every((seconds) => seconds > 0));
    assert.equal(readdirSync(join(scratch, 'stages')).length, 4, 'one codec, one encoder, two generators');

    const encoder = await halves(join(frozen.folder, 'encoder.safetensors'));
    const [ofFrozen, ofJoint] = [
      await halves(join(frozen.folder, 'weights', 'generator.safetensors')),
      await halves(join(joint.folder, 'weights', 'generator.safetensors')),
    ];
    assert.deepEqual([...ofFrozen.keys()].sort(), [...ofJoint.keys()].sort());
    for (const [name, values] of encoder) assert.deepEqual(ofFrozen.get(name), values, name);
    assert.ok([...encoder].some(([name, values]) => ofJoint.get(name)!.some((value, i) => value !== values[i])));
  },
  { limit: 600 },
);

test(
  'switches set to their defaults train the same weights as a config without them',
  async () => {
    const plain = await trained(shortConfig(), 'plain');
    const explicit = await trained(
      {
        ...shortConfig({ freezeEncoder: false }),
        augmentation: { stretch: 0.6, flow: true, dropCells: 0.4, concatenate: 0 },
      },
      'explicit',
    );
    assert.deepEqual(explicit.stages, ['encoder', 'generator'], 'augmentation is no matter of the codec');
    const weights = (folder: string): Buffer => readFileSync(join(folder, 'weights', 'generator.safetensors'));
    assert.ok(weights(explicit.folder).equals(weights(plain.folder)));
  },
  { limit: 600 },
);

test.run();
