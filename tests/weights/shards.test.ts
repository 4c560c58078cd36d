/** Checkpoints in several safetensors files, and indexes that lie about them. */

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeSafetensors, memorySource, openCheckpoint, readCheckpoint, tensorOf } from '../../weights/index.js';
import { suite } from '../harness/suite.js';
import { inScratchFolder } from './scratch.js';

const test = suite('weights/shards');
const A = 'model-1.safetensors';
const B = 'model-2.safetensors';

async function writeShards(folder: string): Promise<void> {
  await writeFile(
    join(folder, A),
    await encodeSafetensors([tensorOf('a', [2], Float32Array.of(1, 2))], { made: 'here' }),
  );
  await writeFile(join(folder, B), await encodeSafetensors([tensorOf('b', [1], Float32Array.of(3), 'F16')]));
}

const index = (map: object, rest: object = { metadata: { total_size: 10, nested: [1.5e3, { x: null }] } }): string =>
  JSON.stringify({ ...rest, weight_map: map });

test('the tensors of all files are read through the index', async () => {
  await inScratchFolder(async (folder) => {
    await writeShards(folder);
    const path = join(folder, 'any name');
    await writeFile(path, index({ a: A, b: B }));
    const checkpoint = await openCheckpoint(path);
    assert.equal(checkpoint.format, 'safetensors in shards');
    assert.deepEqual([...checkpoint.tensors.keys()], ['a', 'b']);
    assert.deepEqual([...(await checkpoint.readAsF32('a')), ...(await checkpoint.readAsF32('b'))], [1, 2, 3]);
    assert.equal(checkpoint.values.get('made'), 'here');
    await checkpoint.close();
    await assert.rejects(readCheckpoint(memorySource(new TextEncoder().encode(index({ a: A })))), {
      name: 'ShardIndexError',
    });
  });
});

const refused: [what: string, text: string, error: string, says: RegExp][] = [
  ...['../secret', '/etc/passwd', 'x/../y', 'C:x', 'a\\b', 'sub/model', '.hidden', 'a\0b'].map(
    (name): [string, string, string, RegExp] => [
      `a file named ${JSON.stringify(name)}`,
      index({ a: `${name}.safetensors` }),
      'ShardIndexError',
      /does not stand beside it/,
    ],
  ),
  ['a file of another kind', index({ a: 'model.bin' }), 'ShardIndexError', /does not stand beside it/],
  ['a file that is missing', index({ a: 'none.safetensors' }), 'SourceError', /no such file/],
  ['a file that is a folder', index({ a: 'folder.safetensors' }), 'SourceError', /directory/],
  ['a tensor that is not there', index({ a: A, c: A }), 'ShardIndexError', /lacks a tensor/],
  ['a tensor that is elsewhere', index({ a: B, b: A }), 'ShardIndexError', /lacks a tensor/],
  ['a tensor that is not listed', index({ a: A, x: B }), 'ShardIndexError', /lacks a tensor/],
  ['a file with more than is listed', index({ b: B, a2: A }), 'ShardIndexError', /lacks a tensor/],
  ['a tensor twice', `{"weight_map":{"a":"${A}","\\u0061":"${B}"}}`, 'ShardIndexError', /twice/],
  ['two maps', `{"weight_map":{},"weight_map":{"a":"${A}"}}`, 'ShardIndexError', /twice/],
  ['no map', '{"metadata":{}}', 'ShardIndexError', /not the index/],
  ['a map that is a list', '{"weight_map":[]}', 'ShardIndexError', /no \{/],
  ['a number as file', '{"weight_map":{"a":1}}', 'ShardIndexError', /not a string/],
  ['a way out as the name of a tensor', index({ '../../a': A }), 'ShardIndexError', /path/],
  ['half an index', '{"weight_map":{"a":', 'ShardIndexError', /not a string/],
  ['more behind the index', `${index({ a: A })}{}`, 'ShardIndexError', /more after/],
  ['deep nesting', `{"metadata":${'['.repeat(100_000)}`, 'ShardIndexError', /nested too deeply/],
  [
    'thousands of files',
    index(Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`${i}`, `${i}.safetensors`]))),
    'ShardIndexError',
    /more files/,
  ],
];

for (const [what, text, error, says] of refused) {
  test(`${what} is refused`, async () => {
    await inScratchFolder(async (folder) => {
      await writeShards(folder);
      await mkdir(join(folder, 'folder.safetensors'));
      await writeFile(join(folder, 'model.safetensors.index.json'), text);
      await assert.rejects(openCheckpoint(join(folder, 'model.safetensors.index.json')), {
        name: error,
        message: says,
      });
    });
  });
}

test('a file with a tensor that the index does not list is refused', async () => {
  await inScratchFolder(async (folder) => {
    const both = [tensorOf('a', [1], Float32Array.of(1)), tensorOf('b', [1], Float32Array.of(2))];
    await writeFile(join(folder, A), await encodeSafetensors(both));
    await writeFile(join(folder, 'index'), index({ a: A }));
    await assert.rejects(openCheckpoint(join(folder, 'index')), {
      name: 'ShardIndexError',
      message: /does not place there/,
    });
  });
});

test.run();
