/**
 * The command line behind `node engine`. Results go to stdout, words for people to stderr. Exit codes: 0 done, 1 failed,
 * 2 wrong usage, 3 no usable GPU adapter, 130 stopped by Ctrl-C.
 *
 * A command is one file that exports `register(program)`; it imports what it works with only when it runs, so that `--help`
 * is quick.
 */

import { Command, CommanderError } from 'commander';
import { packageVersion } from '../engine/platform/package-path.js';
import { OnsetError } from '../kernels/errors.js';
import { register as ablate } from './ablate.js';
import { register as bench } from './bench.js';
import { register as doctor } from './doctor.js';
import { register as evaluate } from './eval.js';
import { Interrupted, tieToLauncher } from './interrupt.js';
import { register as look } from './look.js';
import { register as pull } from './pull.js';
import { register as run } from './run.js';
import { register as stage } from './stage.js';
import { restoreTerminal, say } from './terminal.js';
import { register as test } from './test.js';
import { register as train } from './train.js';
import { register as weights } from './weights.js';

const COMMANDS = [run, look, pull, doctor, test, train, evaluate, ablate, bench, stage, weights];

/** The exit code that an error of a command stands for. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof OnsetError ? error.exitCode : 1;
}

/** One line for people; the stack only where something else than one of our errors came up, which is a fault of ours. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const expected = error instanceof OnsetError || 'code' in error || error.name === 'AbortError';
  return process.env.DEBUG || !expected ? (error.stack ?? `${error}`) : error.message;
}

export async function main(args: readonly string[]): Promise<number> {
  const program = new Command('node engine')
    .description('Sound for silent video.')
    .version(packageVersion())
    .option('--yes', 'install what is missing without asking (packages, Vulkan driver, ffmpeg)')
    .configureOutput({ writeErr: (text) => void process.stderr.write(text) })
    .exitOverride();
  for (const register of COMMANDS) register(program);
  for (const command of program.commands) {
    command.exitOverride();
    for (const part of command.commands) part.exitOverride();
  }
  if (args.length === 0) {
    program.outputHelp({ error: true });
    return 2;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // commander has already said what is wrong with the usage.
    if (!(error instanceof CommanderError)) say(error instanceof Interrupted ? 'stopped' : `error: ${describe(error)}`);
    return exitCodeOf(error);
  }
}

restoreTerminal();
tieToLauncher();
const code = await main(process.argv.slice(2));
// Dawn's threads and open devices would keep the process alive; all output above is written synchronously or awaited.
process.exit(code);
