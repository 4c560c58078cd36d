/** The processor's native peak, by a small C program of our own, where there is a C compiler. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../engine/platform/package-path.js';

const run = promisify(execFile);

/** GFLOP/s of 256-bit multiply and add on all cores, or why it is not known. */
export async function nativePeak(): Promise<{ gflops: number } | { skipped: string }> {
  const source = join(packageRoot(), 'tools', 'bench', 'native-peak.c');
  if (!existsSync(source)) return { skipped: 'tools/bench/native-peak.c is not part of the installed package' };
  const folder = await mkdtemp(join(tmpdir(), 'onset-bench-'));
  try {
    const program = join(folder, 'native-peak');
    await run('cc', ['-O2', '-march=native', '-ffp-contract=off', '-pthread', '-o', program, source]);
    const { stdout } = await run(program, []);
    return { gflops: Number(stdout) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { skipped: code === 'ENOENT' ? 'there is no C compiler (cc)' : message.split('\n')[0]! };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
