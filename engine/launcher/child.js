// The command itself, in a process whose stderr is relieved of the driver's harmless lines.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';

/** Lines that Dawn, the Vulkan loader and Mesa write, which tell a user nothing that the command does not say better. */
const HARMLESS = [
  /^Warning: maxDynamic\w+PerPipelineLayout artificially reduced /,
  /^Warning: vkCreateInstance/,
  /^ {4}at CheckVk\w+ \(/,
  /^(error|warning): XDG_RUNTIME_DIR (not set|is invalid)/i,
];
const BEGINNINGS = [
  'warning: maxdynamic',
  'warning: vkcreateinstance',
  '    at checkvk',
  'error: xdg_runtime_dir',
  'warning: xdg_runtime_dir',
];

/** Passes text on as it comes, except whole harmless lines. A line's beginning is held back only while it may be one. */
export function lineFilter(write) {
  let held = '';
  const mayBeHarmless = (line) => {
    const start = line.toLowerCase();
    return BEGINNINGS.some((beginning) => beginning.startsWith(start.slice(0, beginning.length)));
  };
  let midLine = false;
  return {
    push(text) {
      held += text;
      let out = '';
      for (let end = held.indexOf('\n'); end >= 0; end = held.indexOf('\n')) {
        const line = held.slice(0, end);
        if (midLine || !HARMLESS.some((pattern) => pattern.test(line))) out += held.slice(0, end + 1);
        held = held.slice(end + 1);
        midLine = false;
      }
      if (held !== '' && (midLine || !mayBeHarmless(held))) {
        out += held;
        held = '';
        midLine = true;
      }
      if (out !== '') write(out);
    },
    end() {
      if (held !== '') write(held);
    },
  };
}

/** Removes the folders of launchers that were killed. */
function sweep(folder) {
  for (const name of readdirSync(folder)) {
    const pid = /^onset-runtime-(\d+)-/.exec(name)?.[1];
    if (!pid) continue;
    try {
      process.kill(Number(pid), 0);
    } catch (error) {
      if (error.code === 'ESRCH') rmSync(join(folder, name), { recursive: true, force: true });
    }
  }
}

/**
 * Runs `script` with the arguments and resolves with its exit code. The child has an IPC channel so that it ends when this
 * process is killed, and learns from the environment whether stderr is a terminal, which a pipe hides from it.
 */
export function runChild(script, args, environment) {
  const env = { ...process.env, ...environment };
  let runtime;
  if (!env.XDG_RUNTIME_DIR && process.platform === 'linux') {
    // Without one the Vulkan loader only complains, so a missing or full temporary folder is no reason to stop.
    try {
      sweep(tmpdir());
      env.XDG_RUNTIME_DIR = runtime = mkdtempSync(join(tmpdir(), `onset-runtime-${process.pid}-`));
    } catch {}
  }
  // Each thread that compiles kernels leaves a heap of its own behind; two for all of them are some 20 MB less, as fast.
  if (process.platform === 'linux') env.MALLOC_ARENA_MAX ??= '2';
  if (process.stderr.isTTY) env.ONSET_STDERR_COLUMNS = String(process.stderr.columns || 80);
  // Tensors lie outside of V8's heap, so its young generation need not grow: some 20 MB less.
  const node = ['--max-semi-space-size=2'];
  const child = spawn(process.execPath, [...node, script, ...args], {
    env,
    stdio: ['inherit', 'inherit', 'pipe', 'ipc'],
  });
  const filter = lineFilter((text) => process.stderr.write(text));
  const decoder = new StringDecoder('utf8');
  child.stderr.on('data', (bytes) => filter.push(decoder.write(bytes)));
  // A terminal's Ctrl-C reaches the child as well; the child counts signals that come together as one.
  const forward = (signal) => void child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      filter.end();
      if (runtime) rmSync(runtime, { recursive: true, force: true });
      resolve(code ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 1));
    });
  });
}
