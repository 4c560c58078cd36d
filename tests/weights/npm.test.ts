/** Pulling by the machine's own npm: what was published, damaged and missing packages, and no npm. */

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { WeightsError } from '../../weights/errors.js';
import { type Pulled, pull } from '../../weights/hub/pull.js';
import type { NpmSource } from '../../weights/hub/target.js';
import { suite } from '../harness/suite.js';
import { sha256Of, targetOf } from './hub-server.js';
import { inScratchFolder } from './scratch.js';

const test = suite('weights/hub: npm');

const archive = Uint8Array.from({ length: 5000 }, (_, i) => Math.imul(i, 2654435761) >>> 11);
const source: NpmSource = { npm: 'some-sounds', version: '1.2.3', bytes: archive.length, sha256: sha256Of(archive) };

interface FakeNpm {
  /** What it saves as the package; nothing where absent. */
  brings?: Uint8Array;
  says?: string;
  code?: number;
}

/** Pulls with an `npm` that is the only program there is, and does as told. */
function pullWith(
  npm: FakeNpm | undefined,
  use: (pulled: Promise<Pulled>, folder: string) => Promise<void>,
): Promise<void> {
  return inScratchFolder(async (folder) => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    if (npm) {
      writeFileSync(join(bin, 'brings'), npm.brings ?? '');
      writeFileSync(
        join(bin, 'npm'),
        `#!${process.execPath}
const fs = require('node:fs');
const args = process.argv.slice(2);
fs.appendFileSync(${JSON.stringify(join(bin, 'calls'))}, args.join(' ') + '\\n');
const folder = args[args.indexOf('--pack-destination') + 1];
if (${npm.brings !== undefined}) fs.copyFileSync(${JSON.stringify(join(bin, 'brings'))}, folder + '/some-sounds-1.2.3.tgz');
console.error(${JSON.stringify(npm.says ?? '')});
process.exitCode = ${npm.code ?? 0};
`,
      );
      chmodSync(join(bin, 'npm'), 0o755);
    }
    const before = process.env.PATH;
    process.env.PATH = npm ? bin + delimiter + before : bin;
    try {
      const target = targetOf([{ name: 'sounds.tgz', sources: [source] }]);
      await use(pull(target, { cache: folder }), folder);
    } finally {
      process.env.PATH = before;
    }
  });
}

const filesOf = (folder: string): string[] =>
  readdirSync(join(folder, 'a-model')).filter((name) => name !== 'pulled.json');

if (process.platform !== 'win32') {
  test('the package is as it was published, npm runs none of its scripts, and a second pull needs no npm', () =>
    pullWith({ brings: archive }, async (pulling, folder) => {
      const { files, fetched } = await pulling;
      assert.deepEqual(fetched, ['sounds.tgz']);
      assert.deepEqual(files, [{ name: 'sounds.tgz', bytes: source.bytes, sha256: source.sha256 }]);
      assert.deepEqual(new Uint8Array(readFileSync(join(folder, 'a-model', 'sounds.tgz'))), archive);
      const calls = readFileSync(join(folder, 'bin', 'calls'), 'utf8');
      assert.match(calls, /^pack some-sounds@1\.2\.3 .*--ignore-scripts.*\n$/);
      await pull(targetOf([{ name: 'sounds.tgz', sources: [source] }]), { cache: folder });
      assert.equal(readFileSync(join(folder, 'bin', 'calls'), 'utf8'), calls);
      assert.deepEqual(filesOf(folder), ['sounds.tgz']);
    }));

  const secret = 'npm error code E404 at https://user:the-token@127.0.0.1/';
  const faults: Record<string, [npm: FakeNpm | undefined, error: string, message: RegExp]> = {
    'a package of another length': [{ brings: archive.subarray(1) }, 'LengthError', /expected 5000 bytes, found 4999/],
    'a package of another content': [{ brings: archive.map((b, i) => (i ? b : b ^ 1)) }, 'ChecksumError', /sha256/],
    'no package': [{}, 'BadResponseError', /downloaded nothing/],
    'an unknown package': [{ says: secret, code: 1 }, 'NotFoundError', /some-sounds 1\.2\.3/],
    'no network': [{ says: 'npm error code ENOTFOUND', code: 1 }, 'UnreachableError', /check the network/],
    'a full disk': [{ says: 'npm error code ENOSPC', code: 1 }, 'DiskFullError', /full/],
    'another failure': [{ says: 'npm error', code: 7 }, 'BadResponseError', /npm pack some-sounds@1\.2\.3/],
    'no npm': [undefined, 'NoNpmError', /no npm on this machine/],
  };
  for (const [name, [npm, error, message]] of Object.entries(faults)) {
    test(`a typed error, and nothing left: ${name}`, () =>
      pullWith(npm, async (pulling, folder) => {
        await assert.rejects(pulling, (thrown: WeightsError) => {
          assert.equal(thrown.name, error);
          assert.match(thrown.message, message);
          assert.doesNotMatch(thrown.message, /the-token/);
          return true;
        });
        assert.ok(!existsSync(join(folder, 'a-model')) || filesOf(folder).length === 0);
      }));
  }
}

test.run();
