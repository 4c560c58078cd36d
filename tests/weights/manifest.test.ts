import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  describeFiles,
  digestFile,
  IntegrityError,
  type Manifest,
  ManifestError,
  ProvenanceError,
  parseManifest,
  readManifest,
  requireSameProvenance,
  SourceError,
  sha256,
  tensorOf,
  verify,
  writeManifest,
  writeSafetensors,
} from '../../weights/index.js';
import { suite } from '../harness/suite.js';
import { inScratchFolder } from './scratch.js';

const test = suite('weights/manifest');

const HASH = 'a'.repeat(64);
const manifest: Manifest = {
  model: 'onset',
  version: '1.0.0',
  files: [{ name: 'onset.safetensors', bytes: 12, sha256: HASH }],
  trainedWith: {
    config: 'model/training/onset.json',
    configSha256: HASH,
    dataSeed: 7,
    steps: 1000,
    engineVersion: '0.1.0',
  },
  dependsOn: { codec: 'b'.repeat(64) },
  notes: { f1: 0.7 },
};

/** A folder with a weights file and its true manifest. */
async function withWeights(use: (folder: string, weights: string) => Promise<void>): Promise<void> {
  await inScratchFolder(async (folder) => {
    const weights = join(folder, 'onset.safetensors');
    const digest = await writeSafetensors(weights, [tensorOf('w', [3], Float32Array.of(1, 2, 3))]);
    const files = await describeFiles(folder, ['onset.safetensors']);
    assert.deepEqual(files, [{ name: 'onset.safetensors', ...digest }]);
    await writeManifest(folder, { ...manifest, files });
    await use(folder, weights);
  });
}

test('sha256 agrees with Node’s own, of memory and of files', async () => {
  await inScratchFolder(async (folder) => {
    const path = join(folder, 'x');
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const expected = createHash('sha256').update(bytes).digest('hex');
        await writeFile(path, bytes);
        assert.equal(await sha256(bytes), expected);
        assert.deepEqual(await digestFile(path), { bytes: bytes.length, sha256: expected });
      }),
      { numRuns: 30 },
    );
  });
  assert.equal(await sha256('ü'), createHash('sha256').update('ü').digest('hex'));
});

test('a manifest comes back as written, and an untouched folder is verified', async () => {
  await withWeights(async (folder) => {
    assert.deepEqual(await verify(folder), await readManifest(folder));
    const text = await readFile(join(folder, 'manifest.json'), 'utf8');
    await writeManifest(folder, await readManifest(folder));
    assert.equal(await readFile(join(folder, 'manifest.json'), 'utf8'), text);
  });
});

test('a changed, longer, shorter, missing or exchanged file is refused by name', async () => {
  await withWeights(async (folder, weights) => {
    const whole = await readFile(weights);
    const changed = Buffer.from(whole);
    changed.writeUInt8(changed.at(-1)! ^ 1, changed.length - 1);
    for (const bytes of [changed, Buffer.concat([whole, Buffer.alloc(1)]), whole.subarray(1), Buffer.alloc(0)]) {
      await writeFile(weights, bytes);
      await assert.rejects(verify(folder), (error) => {
        assert.ok(error instanceof IntegrityError);
        assert.equal(error.file, weights);
        assert.match(error.message, bytes === changed ? /found sha256/ : /found \d+ bytes/);
        return true;
      });
    }
    await rm(weights);
    await assert.rejects(verify(folder), SourceError);
    await rm(join(folder, 'manifest.json'));
    await assert.rejects(verify(folder), SourceError);
  });
});

test('manifests that are not what they should be are refused, every fault named', () => {
  const [file] = manifest.files;
  const footage = { manifestSha256: HASH, clipsSha256: HASH, clips: 3, share: 0.5 };
  const without = (key: keyof Manifest): unknown => ({ ...manifest, [key]: undefined });
  const refused: unknown[] = [
    '',
    'not JSON',
    '[]',
    'null',
    { ...manifest, extra: 1 },
    without('model'),
    without('version'),
    without('files'),
    without('trainedWith'),
    without('dependsOn'),
    { ...manifest, files: [] },
    { ...manifest, files: [file, file] },
    { ...manifest, files: [{ ...file, bytes: -1 }] },
    { ...manifest, files: [{ ...file, bytes: 1.5 }] },
    { ...manifest, files: [{ ...file, sha256: HASH.slice(1) }] },
    { ...manifest, files: [{ ...file, sha256: HASH.toUpperCase() }] },
    ...['', '.', '..', '../x', 'a/b', 'a\\b', '/etc/passwd', 'C:x', 'a\0b'].map((name) => ({
      ...manifest,
      files: [{ ...file, name }],
    })),
    { ...manifest, dependsOn: { codec: 'unknown' } },
    { ...manifest, trainedWith: { ...manifest.trainedWith, steps: '1000' } },
    { ...manifest, trainedWith: { ...manifest.trainedWith, footage: { ...footage, share: 2 } } },
    { ...manifest, trainedWith: { ...manifest.trainedWith, footage: { ...footage, clipsSha256: 'unknown' } } },
  ];
  for (const [i, value] of refused.entries()) {
    assert.throws(() => parseManifest(value), ManifestError, `manifest ${i} was accepted`);
  }
  assert.deepEqual(parseManifest(JSON.stringify(manifest)), manifest);
  const withFootage = { ...manifest, trainedWith: { ...manifest.trainedWith, footage } };
  assert.deepEqual(parseManifest(JSON.stringify(withFootage)), withFootage);
  assert.throws(
    () => parseManifest({ ...manifest, model: 1, version: 2 }),
    (error) => error instanceof ManifestError && /model.*version/.test(error.message),
  );
});

test('an endless manifest is refused unread', async () => {
  await inScratchFolder(async (folder) => {
    await writeFile(join(folder, 'manifest.json'), ' '.repeat(2 ** 20 + 1));
    await assert.rejects(readManifest(folder), ManifestError);
  });
});

test('a different, missing or unknown origin is refused', () => {
  requireSameProvenance(HASH, HASH, 'codec of the generator');
  for (const [expected, found] of [
    [HASH, 'b'.repeat(64)],
    [HASH, undefined],
    [undefined, HASH],
    [undefined, undefined],
    ['', ''],
  ]) {
    assert.throws(
      () => requireSameProvenance(expected, found, 'codec of the generator'),
      (error) => error instanceof ProvenanceError && error.message.startsWith('codec of the generator: '),
    );
  }
});

test.run();
