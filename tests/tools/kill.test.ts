/** `kill -9` at any moment of a batch leaves whole files alone, and the next run clears what it left. */

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packagePath } from '../../engine/platform/package-path.js';
import { probe } from '../../model/media/probe.js';
import { effort } from '../harness/effort.js';
import { uniformSource } from '../harness/random.js';
import { suite } from '../harness/suite.js';
import { picture, scratch } from '../model/media/clips.js';

const test = suite('tools: a run that is killed');
const launcher = packagePath('engine', 'index.js');
const KILLS = effort.problems >= 30 ? 20 : 4;

test(
  `killed at ${KILLS} moments of a batch: every output is whole, nothing half written stays`,
  async () => {
    const clips = ['a', 'b', 'c'].map((name) => scratch(`kill-${name}.mp4`));
    for (const clip of clips) copyFileSync(await picture('kill.mp4', '640x360', '25', 2), clip);
    const folder = scratch('kill-out');
    const temporary = scratch('kill-tmp');
    for (const each of [folder, temporary]) mkdirSync(each, { recursive: true });
    const command = [launcher, 'run', ...clips, '-o', `${folder}/`, '--offline', '--sound', 'drum', '--steps', '2'];
    const env = { ...process.env, TMPDIR: temporary, XDG_RUNTIME_DIR: '' };
    const began = performance.now();
    assert.equal(spawnSync(process.execPath, command, { env }).status, 0);
    const whole = performance.now() - began;
    const uniform = uniformSource(7);
    for (let kill = 0; kill < KILLS; kill++) {
      const child = spawn(process.execPath, command, { env, stdio: 'ignore', detached: true });
      await new Promise((resolve) => setTimeout(resolve, 200 + uniform() * whole));
      try {
        // The launcher, the command and ffmpeg, all at once.
        process.kill(-child.pid!, 'SIGKILL');
      } catch {}
      if (child.exitCode === null && child.signalCode === null)
        await new Promise((resolve) => child.once('exit', resolve));
      for (const name of readdirSync(folder).filter((each) => each.endsWith('.mp4'))) {
        const info = await probe(join(folder, name));
        assert.ok(info.audio && Math.abs(info.duration - 2) < 0.1, `${name} is not whole`);
      }
    }
    assert.equal(spawnSync(process.execPath, command, { env }).status, 0);
    assert.deepEqual(
      readdirSync(folder).sort(),
      clips.map((_, i) => `kill-${'abc'[i]}.onset.mp4`),
    );
    assert.deepEqual(readdirSync(temporary), []);
  },
  { limit: 600 },
);

test.run();
