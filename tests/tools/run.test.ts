/** `node engine run` around the model: names of outputs, checks before work, seeds, Ctrl-C, exit codes. */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UndecodableMediaError } from '../../model/media/errors.js';
import { integratedLoudness } from '../../model/media/gated-loudness.js';
import { probe } from '../../model/media/probe.js';
import { interruptible } from '../../tools/interrupt.js';
import { type MakeSound, type RunOptions, type RunResult, reasonFor, runJobs } from '../../tools/run.js';
import { planJobs } from '../../tools/run-jobs.js';
import { suite } from '../harness/suite.js';
import { clip, picture, readWav, scratch, tone } from '../model/media/clips.js';

const test = suite('tools: run');
const options = (changes: Partial<RunOptions> = {}): RunOptions => ({
  seed: 0,
  variations: 1,
  loudness: 'off',
  ...changes,
});
const main = fileURLToPath(new URL('../../tools/main.js', import.meta.url));
const silent: MakeSound = async ({ seconds }) => ({ samples: tone(seconds), sampleRate: 16000, seconds });

const REPLACE_FILE = new URL('../../engine/platform/replace-file.js', import.meta.url).href;
const LEAVE_TEMPORARY = `
  import { writeFileSync } from 'node:fs';
  const [module, path] = process.argv.slice(1);
  const { replaceFile } = await import(module);
  await replaceFile(path, async (temporary) => {
    writeFileSync(temporary, 'half');
    process.kill(process.pid, 'SIGKILL');
  });
`;

async function outputs(clips: string[], changes?: Partial<RunOptions>): Promise<string[]> {
  return (await planJobs(clips, options(changes))).jobs.flatMap((job) => job.outputs);
}

test('names outputs as the design says', async () => {
  const clip = await picture('plain.mp4', '64x48', '25', 2);
  assert.deepEqual(await outputs([clip]), [scratch('plain.onset.mp4')]);
  assert.deepEqual(await outputs([]), ['bounce.onset.mp4']);
  assert.deepEqual(await outputs([clip], { output: 'x.wav' }), ['x.wav']);
  assert.deepEqual(await outputs([clip], { output: 'x.mkv', variations: 2 }), ['x.1.mkv', 'x.2.mkv']);
  mkdirSync(scratch('folder'), { recursive: true });
  assert.deepEqual(await outputs([clip], { output: scratch('folder') }), [join(scratch('folder'), 'plain.onset.mp4')]);
});

test('chooses a container that takes the picture, and encodes anew where none does', async () => {
  const source = ['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=25:d=1'];
  for (const [name, ending, exact] of [
    ['choice.gif', '.mp4', true],
    ['choice.wmv', '.mkv', false],
    ['choice.flv', '.mkv', false],
    ['choice.webm', '.mkv', false],
  ] as const) {
    const path = await clip(name, ...source);
    const { jobs } = await planJobs([path], options());
    assert.deepEqual([jobs[0]!.outputs, jobs[0]!.exact], [[scratch(`choice.onset${ending}`)], exact], name);
    const [made] = await runJobs(jobs, options(), silent, new AbortController().signal);
    assert.ok((await probe((made as RunResult).output)).audio, name);
  }
});

test('refuses outputs and clips before any work', async () => {
  const path = await picture('plain.mp4', '64x48', '25', 2);
  const refused: [string[], Partial<RunOptions>, string][] = [
    [[path], { output: 'x.txt' }, 'UsageError'],
    [[path, path], { output: 'x.mp4' }, 'UsageError'],
    [[path, path], {}, 'UsageError'],
    [[path], { output: scratch('nowhere/x.mp4') }, 'UsageError'],
    [[path], { output: scratch(`${'x'.repeat(252)}.mp4`) }, 'UsageError'],
    [['missing.mp4'], {}, 'FileError'],
    [[main], {}, 'NotAVideoError'],
  ];
  for (const [clips, changes, name] of refused) await assert.rejects(planJobs(clips, options(changes)), { name });
});

test('makes the folder of -o FOLDER/, and writes names as long as the system takes', async () => {
  const path = await picture('plain.mp4', '64x48', '25', 2);
  const name = `${'n'.repeat(240)}.mp4`;
  assert.deepEqual(await outputs([path], { output: scratch('made/new/') }), [
    join(scratch('made/new/'), 'plain.onset.mp4'),
  ]);
  const { jobs } = await planJobs([path], options({ output: scratch(name) }));
  await runJobs(jobs, options(), silent, new AbortController().signal);
  assert.ok(existsSync(scratch(name)));
});

test('finds before any work that a folder takes no files, also where rights do not tell', async () => {
  // Rights of root say nothing; in Linux' /proc nobody makes files.
  const folder = process.platform === 'linux' ? '/proc' : scratch('no-such-folder');
  const path = await picture('plain.mp4', '64x48', '25', 2);
  await assert.rejects(planJobs([path], options({ output: join(folder, 'o.mp4') })), {
    name: 'UsageError',
    message: /cannot be written/,
  });
  await planJobs([path], options({ output: scratch('takes-files.mp4') }));
  assert.ok(!existsSync(scratch('takes-files.mp4')));
});

test('never replaces a clip, by whatever name the output goes', async () => {
  const path = scratch('identity.mp4');
  copyFileSync(await picture('plain.mp4', '64x48', '25', 2), path);
  const before = readFileSync(path);
  symlinkSync(path, scratch('identity-link.mp4'));
  linkSync(path, scratch('identity-hard.mp4'));
  symlinkSync(scratch('.'), scratch('identity-folder'));
  const refused: [string[], string | undefined][] = [
    [[scratch('identity-link.mp4')], path],
    [[path], scratch('identity-hard.mp4')],
    [[path], join(scratch('identity-folder'), 'identity.mp4')],
    [[path], path],
  ];
  for (const [clips, output] of refused) {
    await assert.rejects(planJobs(clips, options({ output })), { name: 'UsageError', message: /would be replaced/ });
  }
  // `*.mp4` a second time: an output of the first time is among the clips.
  copyFileSync(path, scratch('identity.onset.mp4'));
  await assert.rejects(planJobs([path, scratch('identity.onset.mp4')], options()), { name: 'UsageError' });
  assert.deepEqual(readFileSync(path), before);
});

test('of several clips, one that cannot be read does not keep the others', async () => {
  const good = await picture('plain.mp4', '64x48', '25', 2);
  const bytes = readFileSync(good);
  writeFileSync(scratch('batch-cut.mp4'), bytes.subarray(0, bytes.length / 2));
  const last = scratch('batch-last.mp4');
  copyFileSync(good, last);
  const settings = options({ output: scratch('batch/') });
  const { jobs, failed } = await planJobs([good, scratch('batch-cut.mp4'), last], settings);
  assert.deepEqual(
    failed.map(({ clip, error }) => [clip, error.name]),
    [[scratch('batch-cut.mp4'), 'TruncatedMediaError']],
  );
  const results = await runJobs(jobs, settings, silent, new AbortController().signal);
  assert.equal(results.length, 2);
  for (const each of results) assert.ok(existsSync((each as RunResult).output));
});

test('an error while a clip is worked on ends that clip alone', async () => {
  const [one, two] = [await picture('plain.mp4', '64x48', '25', 2), scratch('second.mp4')];
  copyFileSync(one, two);
  const settings = options({ output: scratch('errors/') });
  const { jobs } = await planJobs([one, two], settings);
  const makeSound: MakeSound = async (opened, rest) => {
    if (opened.path === one) throw new UndecodableMediaError(`${one}: does not decode`);
    return silent(opened, rest);
  };
  const results = await runJobs(jobs, settings, makeSound, new AbortController().signal);
  assert.deepEqual(
    results.map((each) => ('error' in each ? each.error.name : 'written')),
    ['UndecodableMediaError', 'written'],
  );
});

test('writes every variation with its own seed', async () => {
  const path = await picture('plain.mp4', '64x48', '25', 2);
  const seeds: number[] = [];
  const makeSound: MakeSound = async (_, { seed, onProgress }) => {
    seeds.push(seed!);
    onProgress?.('sampling', 1, 2);
    return { samples: tone(2), sampleRate: 16000, seconds: 2, sound: 'wood' };
  };
  const settings = options({ output: scratch('v.mp4'), variations: 3, seed: 2 ** 32 - 2 });
  const { jobs } = await planJobs([path], settings);
  const results = (await runJobs(jobs, settings, makeSound, new AbortController().signal)) as RunResult[];
  assert.deepEqual(seeds, [2 ** 32 - 2, 2 ** 32 - 1, 0]);
  for (const each of results) assert.ok((await probe(each.output)).audio);
  assert.deepEqual(
    results.map((each) => each.sound),
    ['wood', 'wood', 'wood'],
  );
});

test('writes at the loudness that is asked for', async () => {
  const path = await picture('plain.mp4', '64x48', '25', 2);
  for (const [loudness, expected] of [
    [-20, -20],
    [-30, -30],
    ['off', integratedLoudness(tone(2), 16000)],
  ] as const) {
    const settings = options({ output: scratch(`loud${loudness}.wav`), loudness });
    const { jobs } = await planJobs([path], settings);
    await runJobs(jobs, settings, silent, new AbortController().signal);
    const { channels } = readWav(settings.output!);
    assert.ok(Math.abs(integratedLoudness(channels[0]!, 16000) - expected) < 0.3, `${loudness}`);
  }
});

test('one line says what sounds and why', () => {
  assert.equal(reasonFor('wood', undefined), 'wood');
  assert.match(reasonFor('drum', { name: 'drum', probability: 0.9 }), /^drum, which is seen, 0\.90/);
  assert.match(
    reasonFor('drum', { name: 'ball', probability: 0.61 }),
    /^drum, the nearest to what is seen: ball, 0\.61/,
  );
  assert.match(reasonFor('stone', { name: 'none', probability: 0.8 }), /^stone, by its motion/);
});

test('Ctrl-C aborts the work, which leaves nothing', async () => {
  const path = await picture('plain.mp4', '64x48', '25', 2);
  mkdirSync(scratch('stopped'), { recursive: true });
  const settings = options({ output: scratch('stopped/x.mp4') });
  const { jobs } = await planJobs([path], settings);
  const work = interruptible((signal) =>
    runJobs(
      jobs,
      settings,
      async () => {
        process.kill(process.pid, 'SIGINT');
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return { samples: tone(2), sampleRate: 16000, seconds: 2 };
      },
      signal,
    ),
  );
  await assert.rejects(work, { name: 'Interrupted' });
  assert.deepEqual(readdirSync(scratch('stopped')), []);
});

test('ends with the exit code that the contract says', () => {
  const exit = (...args: string[]): { code: number | null; stderr: string; stdout: string } => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });
    return { code: status, stderr, stdout };
  };
  assert.equal(exit('--help').code, 0);
  assert.match(exit('--version').stdout, /^\d+\.\d+\.\d+\n$/);
  for (const args of [
    ['--bogus'],
    ['bogus'],
    ['run', '--seed', 'x'],
    ['run', '--duration', '0'],
    ['run', '-o', 'x.txt'],
    [],
  ]) {
    const { code, stderr, stdout } = exit(...args);
    assert.equal(code, 2, args.join(' '));
    assert.equal(stdout, '');
    if (args.length > 0) assert.match(stderr, /^error: [^\n]+\n$/);
  }
  const missing = exit('run', 'missing.mp4');
  assert.deepEqual([missing.code, missing.stderr], [1, 'error: missing.mp4: no such file; check the path\n']);
});

test('what a killed run leaves behind is cleared by the next one that writes there', async () => {
  const path = await picture('plain.mp4', '64x48', '25', 2);
  const folder = scratch('killed');
  mkdirSync(folder, { recursive: true });
  const child = spawnSync(process.execPath, [
    '--input-type=module',
    '-e',
    LEAVE_TEMPORARY,
    REPLACE_FILE,
    join(folder, 'a.mp4'),
  ]);
  assert.equal(child.signal, 'SIGKILL', String(child.stderr));
  assert.equal(readdirSync(folder).length, 1, 'a temporary file is left');
  const settings = options({ output: join(folder, 'b.mp4') });
  const { jobs } = await planJobs([path], settings);
  await runJobs(jobs, settings, silent, new AbortController().signal);
  assert.deepEqual(readdirSync(folder), ['b.mp4']);
});

test('ends when the launcher is killed', async () => {
  // A stand-in for the launcher: starts a long command over IPC, says its id, and is then killed.
  const parent = spawn(
    process.execPath,
    [
      '-e',
      `const { spawn } = require('child_process');
       const child = spawn(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(
         `const { tieToLauncher } = await import(process.argv[1]); tieToLauncher(); setTimeout(() => {}, 60000); console.log('ready');`,
       )}, ${JSON.stringify(new URL('../../tools/interrupt.js', import.meta.url).href)}], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
       child.stdout.once('data', () => console.log(child.pid));`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
  parent.kill('SIGKILL');
  const alive = (): boolean => {
    try {
      process.kill(pid, 0);
      // A process that has ended but was not yet collected still has an id.
      return !existsSync(`/proc/${pid}/cmdline`) || spawnSync('cat', [`/proc/${pid}/cmdline`]).stdout.length > 0;
    } catch {
      return false;
    }
  };
  for (let i = 0; i < 100 && alive(); i++) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(!alive(), 'the command outlives its launcher');
});

test.run();
