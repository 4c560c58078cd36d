import { spawn } from 'node:child_process';

/** Runs a program with its output on stderr; resolves with its exit code (127 when it cannot start). */
export function runVisibly(program, args, options = {}) {
  return new Promise((resolve) => {
    // npm is a script on Windows, which only a shell starts; its arguments here are fixed words.
    const shell = process.platform === 'win32' && program === 'npm';
    const child = spawn(program, args, { stdio: ['ignore', 2, 2], shell, ...options });
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code ?? 1));
  });
}
