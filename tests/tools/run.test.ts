/** `node engine run` around the model: names of outputs, checks before work, seeds, Ctrl-C, exit codes. */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { probe } from '../../model/media/probe.js';
import { interruptible } from '../../tools/interrupt.js';
import { type MakeSound, planOutputs, type RunOptions, runJobs } from '../../tools/run.js';
import { suite } from '../harness/suite.js';
import { picture, scratch, tone } from '../model/media/clips.js';

const test = suite('tools: run');
const options = (changes: Partial<RunOptions> = {}): RunOptions => ({ seed: 0, variations: 1, ...changes });
const main = fileURLToPath(new URL('../../tools/main.js', import.meta.url));

test('names outputs as the design says', async () => {
  const clip = await picture('plain.mp4', '64x48', '25', 2);
  const outputs = async (clips: string[], changes?: Partial<RunOptions>): Promise<string[]> =>
    (await planOutputs(clips, options(changes))).flatMap((job) => job.outputs);
  assert.deepEqual(await outputs([clip]), [scratch('plain.onset.mp4')]);
  assert.deepEqual(await outputs([]), ['bounce.onset.mp4']);
  assert.deepEqual(await outputs([clip], { output: 'x.wav' }), ['x.wav']);
  assert.deepEqual(await outputs([clip], { output: 'x.mkv', variations: 2 }), ['x.1.mkv', 'x.2.mkv']);
  mkdirSync(scratch('folder'), { recursive: true });
  assert.deepEqual(await outputs([clip], { output: scratch('folder') }), [join(scratch('folder'), 'plain.onset.mp4')]);
});

test('refuses outputs and clips before any work', async () => {
  const clip = await picture('plain.mp4', '64x48', '25', 2);
  const refused: [string[], Partial<RunOptions>, string][] = [
    [[clip], { output: 'x.txt' }, 'UsageError'],
    [[clip, clip], { output: 'x.mp4' }, 'UsageError'],
    [[clip, clip], {}, 'UsageError'],
    [['missing.mp4'], {}, 'FileError'],
    [[main], {}, 'NotAVideoError'],
  ];
  for (const [clips, changes, name] of refused) await assert.rejects(planOutputs(clips, options(changes)), { name });
});

test('writes every variation with its own seed', async () => {
  const clip = await picture('plain.mp4', '64x48', '25', 2);
  const seeds: number[] = [];
  const makeSound: MakeSound = async (_, { seed, onProgress }) => {
    seeds.push(seed!);
    onProgress?.('sampling', 1, 2);
    return { samples: tone(2), sampleRate: 16000, seconds: 2, sound: 'wood' };
  };
  const settings = options({ output: scratch('v.mp4'), variations: 3, seed: 2 ** 32 - 2 });
  const results = await runJobs(await planOutputs([clip], settings), settings, makeSound, new AbortController().signal);
  assert.deepEqual(seeds, [2 ** 32 - 2, 2 ** 32 - 1, 0]);
  for (const each of results) assert.ok((await probe(each.output)).audio);
  assert.deepEqual(
    results.map((each) => each.sound),
    ['wood', 'wood', 'wood'],
  );
});

test('Ctrl-C aborts the work, which leaves nothing', async () => {
  const clip = await picture('plain.mp4', '64x48', '25', 2);
  mkdirSync(scratch('stopped'), { recursive: true });
  const settings = options({ output: scratch('stopped/x.mp4') });
  const jobs = await planOutputs([clip], settings);
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
