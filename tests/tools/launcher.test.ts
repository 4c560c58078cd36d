/** The launcher's own modules: apt sources, the filter on stderr, stale packages, what each command needs. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { packageRoot } from '../../engine/platform/package-path.js';
import { suite } from '../harness/suite.js';

const test = suite('launcher');
const folder = mkdtempSync(join(tmpdir(), 'onset-launcher-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** The launcher is plain JavaScript outside the build, so it is loaded by address. */
async function launcher<T>(name: string): Promise<T> {
  return (await import(pathToFileURL(join(packageRoot(), 'engine', 'launcher', name)).href)) as T;
}

interface Machine {
  driverVariable(env: Record<string, string>): { name: string; text: string } | undefined;
}

const engine = join(packageRoot(), 'engine', 'index.js');

interface Apt {
  backportsEntry(release: string, etc: string): { path: string; text: string } | undefined;
  debianRelease(etc: string): string | undefined;
  asCommand(step: object): string;
}

let made = 0;
/** A made-up /etc with the given apt sources. */
function etc(files: Record<string, string>): string {
  const root = join(folder, `etc-${made++}`);
  mkdirSync(join(root, 'apt', 'sources.list.d'), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, 'apt', name), text);
  return root;
}

test('makes the backports entry from a deb822 source', async () => {
  const { backportsEntry } = await launcher<Apt>('apt.js');
  const root = etc({
    'sources.list.d/debian.sources':
      '# a comment\nTypes: deb deb-src\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n' +
      'Components: main contrib\nSigned-By: /usr/share/keyrings/a.gpg\n\n' +
      'Types: deb\nURIs: http://mirror.example/security\nSuites: bookworm-security\nComponents: main\n',
  });
  assert.deepEqual(backportsEntry('bookworm', root), {
    path: join(root, 'apt/sources.list.d/onset-backports.sources'),
    text:
      'Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm-backports\nComponents: main\n' +
      'Signed-By: /usr/share/keyrings/a.gpg\n',
  });
});

test('keeps a key that is written into a deb822 source', async () => {
  const { backportsEntry } = await launcher<Apt>('apt.js');
  const key = 'Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc=\n -----END PGP PUBLIC KEY BLOCK-----\n';
  const root = etc({
    'sources.list.d/a.sources': `Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main\n${key}`,
  });
  assert.ok(backportsEntry('bookworm', root)!.text.endsWith(key));
});

test('makes the backports entry from a one-line source', async () => {
  const { backportsEntry } = await launcher<Apt>('apt.js');
  const root = etc({
    'sources.list':
      '# deb http://old.example/debian bookworm main\ndeb cdrom:[Debian]/ bookworm main\n' +
      'deb [signed-by=/usr/share/keyrings/a.gpg arch=amd64] http://mirror.example/debian bookworm main contrib # mine\n',
  });
  assert.deepEqual(backportsEntry('bookworm', root), {
    path: join(root, 'apt/sources.list.d/onset-backports.list'),
    text: 'deb [signed-by=/usr/share/keyrings/a.gpg arch=amd64] http://mirror.example/debian bookworm-backports main\n',
  });
});

test('adds no entry where backports are listed, and none without a source to copy', async () => {
  const { backportsEntry } = await launcher<Apt>('apt.js');
  const one = 'deb http://mirror.example/debian bookworm main\n';
  assert.equal(
    backportsEntry('bookworm', etc({ 'sources.list': `${one}deb http://b.example/debian bookworm-backports main` })),
    undefined,
  );
  assert.equal(backportsEntry('bookworm', etc({})), undefined);
  assert.equal(
    backportsEntry('bookworm', etc({ 'sources.list': 'deb http://mirror.example/ubuntu noble main\n' })),
    undefined,
  );
  const disabled =
    'Enabled: no\nTypes: deb\nURIs: http://mirror.example/debian\nSuites: bookworm-backports\nComponents: main\n';
  assert.ok(backportsEntry('bookworm', etc({ 'sources.list': one, 'sources.list.d/b.sources': disabled })));
});

test('names the variable that keeps Vulkan from its drivers, and its value', async () => {
  const { driverVariable } = await launcher<Machine>('machine.js');
  assert.equal(driverVariable({}), undefined);
  const { name, text } = driverVariable({ VK_ICD_FILENAMES: '/nope.json' })!;
  assert.equal(name, 'VK_ICD_FILENAMES');
  assert.match(text, /VK_ICD_FILENAMES is \/nope\.json.*there is no \/nope\.json/);
  assert.match(driverVariable({ VK_DRIVER_FILES: folder })!.text, /accepts none/);
});

test('a driver variable that leads nowhere is diagnosed before anything is installed, and by doctor', () => {
  const environment = { ...process.env, VK_ICD_FILENAMES: '/nope.json' };
  for (const command of ['run', 'doctor']) {
    const { status, stderr } = spawnSync(process.execPath, [engine, command], {
      encoding: 'utf8',
      env: environment,
      cwd: folder,
    });
    assert.equal(status, 3, stderr);
    assert.match(stderr, /VK_ICD_FILENAMES is \/nope\.json/);
    assert.match(stderr, /unset VK_ICD_FILENAMES/);
    assert.doesNotMatch(stderr, /apt-get/);
  }
});

test('a temporary folder that is not there does not stop a command', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [engine, 'weights', 'inspect', join(packageRoot(), 'weights', 'onset')],
    {
      encoding: 'utf8',
      env: { ...process.env, TMPDIR: join(folder, 'no-such-folder'), XDG_RUNTIME_DIR: '' },
    },
  );
  assert.equal(status, 0, stderr);
});

test('knows Debian from its kin', async () => {
  const { debianRelease, asCommand } = await launcher<Apt>('apt.js');
  const root = etc({});
  writeFileSync(join(root, 'os-release'), 'PRETTY_NAME="Debian GNU/Linux 12"\nVERSION_CODENAME=bookworm\nID=debian\n');
  assert.equal(debianRelease(root), 'bookworm');
  writeFileSync(join(root, 'os-release'), 'VERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\n');
  assert.equal(debianRelease(root), undefined);
  assert.equal(debianRelease(join(folder, 'nowhere')), undefined);
  assert.equal(asCommand({ run: ['apt-get', 'update'] }), 'apt-get update');
});

test('takes the driver’s lines from stderr and nothing else, however the text is cut', async () => {
  const { lineFilter } = await launcher<{
    lineFilter(write: (text: string) => void): { push(t: string): void; end(): void };
  }>('child.js');
  const noise = [
    'Warning: maxDynamicUniformBuffersPerPipelineLayout artificially reduced from 1000000 to 16 to fit dynamic offset allocation limit.\n',
    'error: XDG_RUNTIME_DIR not set in the environment.\n',
  ];
  const speech = [
    'error: clip.mp4: no such file\n',
    'Warning: something else\n',
    '\r 40 %',
    ' of it\n',
    '\n',
    'warm\n',
    'W\n',
  ];
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...noise, ...speech.filter((s) => s.endsWith('\n') && !s.startsWith(' '))), {
        maxLength: 12,
      }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }),
      (lines, cuts) => {
        let out = '';
        const filter = lineFilter((text) => {
          out += text;
        });
        const text = lines.join('');
        for (let at = 0, i = 0; at < text.length; i++) {
          const cut = cuts[i % cuts.length]!;
          filter.push(text.slice(at, at + cut));
          at += cut;
        }
        filter.end();
        assert.equal(out, lines.filter((line) => !noise.includes(line)).join(''));
      },
    ),
  );
  // A progress bar's line has no end; it must show at once.
  let shown = '';
  lineFilter((text) => {
    shown += text;
  }).push('\r 40 %');
  assert.equal(shown, '\r 40 %');
});

test('sees which packages differ from the lockfile', async () => {
  const { stalePackages } = await launcher<{ stalePackages(root: string): string[] | undefined }>('packages.js');
  const root = join(folder, 'packages');
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  const lock = (packages: object): string => JSON.stringify({ packages });
  writeFileSync(
    join(root, 'package-lock.json'),
    lock({
      '': {},
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '2.0.0' },
      'node_modules/win': { version: '1.0.0', optional: true },
    }),
  );
  assert.equal(stalePackages(root), undefined);
  const installed = join(root, 'node_modules', '.package-lock.json');
  writeFileSync(installed, lock({ 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0' } }));
  assert.deepEqual(stalePackages(root), []);
  writeFileSync(installed, lock({ 'node_modules/a': { version: '1.0.1' } }));
  assert.deepEqual(stalePackages(root), ['a', 'b']);
  writeFileSync(installed, '{');
  assert.equal(stalePackages(root), undefined);
});

test('asks the machine only for what a command needs', async () => {
  const { needsOf } = await launcher<{ needsOf(args: string[]): { adapter: boolean; ffmpeg: boolean } }>('needs.js');
  assert.deepEqual(needsOf([]), { adapter: false, ffmpeg: false });
  assert.deepEqual(needsOf(['--help']), { adapter: false, ffmpeg: false });
  assert.deepEqual(needsOf(['run', '--help']), { adapter: false, ffmpeg: false });
  assert.deepEqual(needsOf(['run', 'clip.mp4']), { adapter: true, ffmpeg: true });
  assert.deepEqual(needsOf(['look', 'clip.mp4']), { adapter: true, ffmpeg: true });
  assert.deepEqual(needsOf(['run', '--ffmpeg', '/opt/ffmpeg', 'clip.mp4']), { adapter: true, ffmpeg: false });
  assert.deepEqual(needsOf(['pull', 'vta-ldm']), { adapter: false, ffmpeg: false });
  assert.deepEqual(needsOf(['doctor']), { adapter: false, ffmpeg: false });
  assert.deepEqual(needsOf(['weights', 'convert', 'a.bin', '-o', 'b.safetensors']), { adapter: false, ffmpeg: false });
  assert.deepEqual(needsOf(['doctor', '--fix']), { adapter: true, ffmpeg: true });
  assert.deepEqual(needsOf(['constructor']), { adapter: false, ffmpeg: false });
});

test('says what to do instead of installing when it may not', async () => {
  const { ensureMachine } = await launcher<{
    ensureMachine(root: string, needs: object, yes: boolean): Promise<void>;
  }>('machine.js');
  const { PATH, FFMPEG } = process.env;
  // An empty path has neither ffmpeg nor apt-get.
  process.env.PATH = join(folder, 'empty');
  delete process.env.FFMPEG;
  const stderr = process.stderr.write;
  process.stderr.write = () => true;
  try {
    await assert.rejects(
      ensureMachine(packageRoot(), { adapter: false, ffmpeg: true }, true),
      (error: Error & { exitCode: number }) => {
        assert.equal(error.exitCode, 1);
        assert.match(error.message, /install ffmpeg/);
        return true;
      },
    );
  } finally {
    process.stderr.write = stderr;
    process.env.PATH = PATH;
    if (FFMPEG !== undefined) process.env.FFMPEG = FFMPEG;
  }
});

test('makes the build again when a source changes or goes', async () => {
  const { ensureBuild } = await launcher<{ ensureBuild(root: string): Promise<void> }>('build.js');
  const root = join(folder, 'build');
  mkdirSync(join(root, 'tools'), { recursive: true });
  mkdirSync(join(root, 'tests'), { recursive: true });
  // A stand-in for the compiler: copies every source to dist and counts.
  const build = `
    const fs = require('fs');
    for (const room of ['tools', 'tests']) {
      fs.mkdirSync('dist/' + room, { recursive: true });
      for (const f of fs.readdirSync(room)) fs.copyFileSync(room + '/' + f, 'dist/' + room + '/' + f.replace(/ts$/, 'js'));
    }
    fs.appendFileSync('count', 'x');`;
  writeFileSync(join(root, 'make.cjs'), build);
  writeFileSync(join(root, 'package.json'), '{"scripts":{"build":"node make.cjs"}}');
  writeFileSync(join(root, 'tsconfig.json'), '{}');
  for (const file of ['tools/main.ts', 'tests/a.test.ts', 'tests/b.test.ts']) writeFileSync(join(root, file), '');
  const builds = (): number => readFileSync(join(root, 'count'), 'utf8').length;
  const stderr = process.stderr.write;
  process.stderr.write = () => true;
  try {
    await ensureBuild(root);
    await ensureBuild(root);
    assert.equal(builds(), 1);
    writeFileSync(join(root, 'tests/a.test.ts'), 'changed');
    await ensureBuild(root);
    assert.equal(builds(), 2);
    rmSync(join(root, 'tests/b.test.ts'));
    await ensureBuild(root);
    assert.equal(builds(), 3);
    assert.ok(existsSync(join(root, 'dist/tests/a.test.js')));
    assert.ok(!existsSync(join(root, 'dist/tests/b.test.js')), 'the module of a removed source is still there');
  } finally {
    process.stderr.write = stderr;
  }
});

test.run();
