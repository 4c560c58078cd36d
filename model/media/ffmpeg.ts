/**
 * ffmpeg and ffprobe as child processes: argument arrays (no shell), local files and pipes only, and an `AbortSignal` that
 * ends the child. `$FFMPEG` names another ffmpeg; ffprobe is looked for beside it, or is named by `$FFPROBE`.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FfmpegMissingError, type OutputError } from './errors.js';
import { outputError } from './files.js';

export type MediaTool = 'ffmpeg' | 'ffprobe';

/** Options that every media call takes. */
export interface MediaOptions {
  /** Ends the child process; the call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Input options that keep a hostile file from making ffmpeg open addresses or other protocols. */
export const INPUT_PROTOCOLS: readonly string[] = ['-protocol_whitelist', 'file,pipe'];

/** The path or name by which a tool is started. */
export function toolPath(tool: MediaTool): string {
  const named = process.env[tool === 'ffmpeg' ? 'FFMPEG' : 'FFPROBE'];
  if (named) return named;
  if (tool === 'ffprobe' && process.env.FFMPEG) {
    const { FFMPEG } = process.env;
    const name = basename(FFMPEG);
    const sibling = join(dirname(FFMPEG), name.includes('ffmpeg') ? name.replace('ffmpeg', 'ffprobe') : 'ffprobe');
    if (existsSync(sibling)) return sibling;
  }
  return tool;
}

/** A local path as ffmpeg takes it: a leading `-` is then no option and a `:` no protocol. */
export function fileUrl(path: string): string {
  return `file:${path}`;
}

/** A running tool. */
export interface ToolProcess {
  child: ChildProcess;
  /** Resolves with the exit code and the last lines of stderr; rejects when the tool cannot start or was aborted. */
  finished: Promise<{ code: number; stderr: string }>;
  /** Ends the child at once and waits for its end. */
  stop(): Promise<void>;
}

const STDERR_KEPT = 8192;

/**
 * Starts a tool. stdin, stdout and `extraPipes` descriptors from 3 on are pipes; stderr is kept for the error message.
 * `arguments_` must quote no shell: they reach the tool as they are.
 */
export function startTool(
  tool: MediaTool,
  arguments_: readonly string[],
  options: MediaOptions & { stdin?: boolean; extraPipes?: number } = {},
): ToolProcess {
  options.signal?.throwIfAborted();
  const path = toolPath(tool);
  const child = spawn(path, arguments_, {
    stdio: [options.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe', ...Array<'pipe'>(options.extraPipes ?? 0).fill('pipe')],
    // A child in its own group is not hit by the terminal's Ctrl-C; the signal decides instead, and tidies up.
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const running = new Set<ChildProcess>([child]);
  const killOnExit = (): void => {
    for (const each of running) each.kill('SIGKILL');
  };
  process.once('exit', killOnExit);
  const abort = (): void => void child.kill('SIGKILL');
  options.signal?.addEventListener('abort', abort, { once: true });
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  const finished = new Promise<{ code: number; stderr: string }>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'ENOENT' || error.code === 'EACCES'
          ? new FfmpegMissingError(
              `${tool} could not be started (${path}: ${error.code}); \`node engine doctor --fix\` installs it, or set ` +
                `${tool === 'ffmpeg' ? 'FFMPEG' : 'FFPROBE'} to its path`,
            )
          : error,
      );
    });
    child.once('close', (code) => {
      if (options.signal?.aborted) reject(options.signal.reason);
      else resolve({ code: code ?? 1, stderr });
    });
  }).finally(() => {
    running.clear();
    process.removeListener('exit', killOnExit);
    options.signal?.removeEventListener('abort', abort);
  });
  // A caller that stops reading early never awaits this; its rejection must not end the process.
  finished.catch(() => {});
  return {
    child,
    finished,
    async stop() {
      child.kill('SIGKILL');
      // `close` waits for all pipes, and one with data that nobody reads never ends.
      for (const pipe of child.stdio) pipe?.destroy();
      await finished.catch(() => {});
    },
  };
}

/** Runs a tool to its end and returns its exit code, stdout and stderr. For small outputs only. */
export async function runTool(
  tool: MediaTool,
  arguments_: readonly string[],
  options: MediaOptions & { input?: AsyncIterable<Uint8Array> | Iterable<Uint8Array> } = {},
): Promise<{ code: number; stdout: Buffer; stderr: string }> {
  const running = startTool(tool, arguments_, { signal: options.signal, stdin: options.input !== undefined });
  const chunks: Buffer[] = [];
  (running.child.stdout as Readable).on('data', (chunk: Buffer) => void chunks.push(chunk));
  if (options.input !== undefined) await feed(running, options.input);
  const { code, stderr } = await running.finished;
  return { code, stdout: Buffer.concat(chunks), stderr };
}

/** What the system says of a pipe whose reader is gone. */
const CLOSED_PIPE = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'];

/** Writes chunks to a tool's stdin at the pace at which it reads. A tool that stops reading reports why by its exit. */
async function feed(running: ToolProcess, input: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  try {
    await pipeline(input, running.child.stdin!);
  } catch (error) {
    if (!CLOSED_PIPE.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** The line of a tool's stderr that says most, without the tool's addresses and the path's prefix. */
export function reasonOf(stderr: string): string {
  const lines = stderr
    .split(/[\r\n]+/)
    .map((line) => line.replace(/^\[[^\]]*\]\s*/, '').trim())
    .filter((line) => line !== '');
  return lines.at(-1)?.replace(/^file:/, '') ?? 'no reason given';
}

/** The typed error for a failed write, if the tool's stderr tells of one. */
export function outputErrorOf(stderr: string, output: string): OutputError | undefined {
  if (/no space left/i.test(stderr)) return outputError(output, 'full');
  if (/permission denied|read-only file system/i.test(stderr)) return outputError(output, 'denied');
  return undefined;
}
