/** `node engine weights`: what it prints, what it writes, and what it leaves when stopped. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../engine/platform/package-path.js';
import { type Inspection, inspect } from '../../tools/weights.js';
import { suite } from '../harness/suite.js';
import { golden } from '../weights/goldens.js';
import { globalNamed, pickle } from '../weights/pickle-writer.js';
import { inScratchFolder } from '../weights/scratch.js';
import { torchZip } from '../weights/zip-writer.js';

const test = suite('tools: weights');
const main = fileURLToPath(new URL('../../tools/main.js', import.meta.url));
const run = (...args: string[]): { code: number | null; stdout: string; stderr: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'weights', ...args], { encoding: 'utf8' });
  return { code: status, stdout, stderr };
};
const { signal } = new AbortController();

test('inspects a file', () => {
  const { code, stdout, stderr } = run('inspect', golden('older-2.pt'), '--json');
  assert.deepEqual([code, stderr], [0, '']);
  const { files } = JSON.parse(stdout) as { files: Inspection[] };
  assert.equal(files.length, 1);
  const [file] = files;
  assert.ok(file);
  assert.equal(file.format, 'PyTorch, older layout');
  assert.equal(file.parameters, 429);
  assert.deepEqual(file.tensors[0], { name: 'state_dict.f32', dtype: 'F32', shape: [3, 4], bytes: 48, readable: true });
  assert.equal(file.values.global_step, 2 ** 40);
  const { stdout: text } = run('inspect', golden('older-2.pt'));
  assert.match(
    text,
    /PyTorch, older layout, 4470 bytes, 27 tensors \(.*\), 429 parameters\n {2}state_dict\.f32 {2}F32 \[3, 4\] {2}48 bytes\n/,
  );
});

test('inspects a file with values and types that are not used, and refuses to convert it, by name', async () => {
  await inScratchFolder(async (folder) => {
    const output = join(folder, 'out.safetensors');
    for (const [name, tensor] of [
      ['values-zip-2.pt', 'f8.float8_e4m3fn'],
      ['values-older-4.pt', 'f8.float8_e4m3fn'],
      ['listed.safetensors', 'complex'],
    ] as const) {
      const { code, stdout, stderr } = run('inspect', golden(name), '--json');
      assert.deepEqual([code, stderr], [0, '']);
      const [file] = (JSON.parse(stdout) as { files: Inspection[] }).files;
      assert.equal(file!.tensors.find((each) => each.name === tensor)?.readable, false);
      if (name.endsWith('.pt')) assert.deepEqual([file!.values.dtype, file!.values.none], ['torch.float16', "b''"]);
      const converted = run('convert', golden(name), '-o', output);
      assert.equal(converted.code, 1);
      assert.match(converted.stderr, new RegExp(`^error: .*"${tensor}": elements of this type are only listed.*\n$`));
    }
    const { stdout } = run('inspect', golden('values-zip-2.pt'));
    assert.match(stdout, /\n {2}f8\.float8_e5m2 {2}F8_E5M2 \[2, 3\] {2}6 bytes \(this type is only listed\)\n/);
    assert.match(stdout, /\n {2}device = device\(type='cuda', index=0\)\n/);
    assert.deepEqual(readdirSync(folder), []);
  });
});

test('inspects a folder by its manifest', async () => {
  const { files, manifest } = await inspect(join(packageRoot(), 'weights', 'onset'), signal);
  assert.equal(manifest?.model, 'onset');
  assert.deepEqual(
    files.map(({ file }) => file),
    manifest.files.map(({ name }) => join(packageRoot(), 'weights', 'onset', name)),
  );
});

test('looks past a manifest that is not ours, and names the lack of files', async () => {
  await inScratchFolder(async (folder) => {
    await assert.rejects(inspect(folder, signal), { name: 'UsageError' });
    await assert.rejects(inspect(join(folder, 'none', 'x.pt'), signal), { name: 'SourceError' });
    writeFileSync(join(folder, 'manifest.json'), '{}');
    writeFileSync(join(folder, 'x.bin'), torchZip(pickle('}')));
    const { files, manifest } = await inspect(folder, signal);
    assert.deepEqual([files.length, manifest], [1, undefined]);
  });
});

test('converts, and refuses names and types that are none', async () => {
  await inScratchFolder(async (folder) => {
    const output = join(folder, 'out.safetensors');
    const { code, stdout } = run('convert', golden('zip-2.pt'), '-o', output, '--dtype', 'bf16', '--json');
    assert.equal(code, 0);
    const { sha256 } = JSON.parse(stdout) as { sha256: string };
    assert.match(sha256, /^[0-9a-f]{64}$/);
    const { files } = await inspect(output, signal);
    assert.deepEqual(Object.keys(files[0]!.dtypes).sort(), ['BF16', 'BOOL', 'I16', 'I32', 'I64', 'I8', 'U8']);
    assert.equal(run('convert', golden('zip-2.pt'), '-o', join(folder, 'out.bin')).code, 2);
    assert.equal(run('convert', golden('zip-2.pt'), '-o', output, '--dtype', 'f8').code, 2);
    assert.equal(run('convert', golden('zip-2.pt')).code, 2);
    assert.deepEqual(readdirSync(folder), ['out.safetensors']);
  });
});

test('refuses a file that would be executed elsewhere, in one line that says why', async () => {
  await inScratchFolder(async (folder) => {
    const path = join(folder, 'x.pt');
    writeFileSync(path, torchZip(pickle(globalNamed('os', 'system'))));
    const { code, stderr } = run('inspect', path);
    assert.equal(code, 1);
    assert.match(stderr, /^error: .*x\.pt: the checkpoint asks for the Python object "os\.system" [^\n]*\n$/);
    assert.equal(run('convert', path, '-o', join(folder, 'y.safetensors')).code, 1);
    assert.ok(!existsSync(join(folder, 'y.safetensors')));
  });
});

test.run();
