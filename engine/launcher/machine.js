// What the machine must have: a GPU adapter that Dawn accepts, and ffmpeg.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { asCommand, hasApt, installSteps, isRoot, onPath, takeSteps } from './apt.js';
import { adapterIsKnown, rememberAdapter } from './cache.js';
import { agreed, LaunchError, say } from './say.js';

/** Asks Dawn for an adapter in a process of its own: a broken driver may crash it, and both write to stderr. */
export function adapterWorks(root) {
  const code = `const { create } = await import(process.argv[1]);
    const adapter = await create([]).requestAdapter();
    process.exit(adapter ? 0 : 3);`;
  const bindings = pathToFileURL(join(root, 'node_modules', 'webgpu', 'index.js')).href;
  const known = existsSync(join(root, 'node_modules', 'webgpu', 'index.js')) ? bindings : 'webgpu';
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', code, known], { stdio: 'ignore', cwd: root });
    const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
    child.once('error', () => resolve(false));
    child.once('close', (exit) => {
      clearTimeout(timer);
      resolve(exit === 0);
    });
  });
}

/** ffmpeg and ffprobe: those that the environment names, or those on the path. */
export function ffmpegIsThere() {
  const { FFMPEG, FFPROBE } = process.env;
  const there = (named, name) => (named ? existsSync(named) || onPath(named) : onPath(name));
  const name = FFMPEG && basename(FFMPEG);
  const beside = name && join(dirname(FFMPEG), name.includes('ffmpeg') ? name.replace('ffmpeg', 'ffprobe') : 'ffprobe');
  return there(FFMPEG, 'ffmpeg') && (there(FFPROBE, 'ffprobe') || Boolean(beside && existsSync(beside)));
}

/** Variables by which the Vulkan loader is told where its drivers are, in place of the system's folders. */
const DRIVER_VARIABLES = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'];

/** Which variable keeps Vulkan from a driver: its name, its value, and what is wrong with it; undefined where none is set. */
export function driverVariable(env = process.env) {
  const name = DRIVER_VARIABLES.find((each) => env[each]);
  if (name === undefined) return undefined;
  const missing = env[name].split(delimiter).filter((path) => path !== '' && !existsSync(path));
  const fault =
    missing.length > 0 ? `there is no ${missing.join(', ')}` : 'Dawn accepts none of the drivers named there';
  return { name, text: `${name} is ${env[name]}, so that Vulkan looks for drivers there alone; ${fault}` };
}

/** The commands that fix each fault, as text for a person to run; on systems without apt, advice. */
export function remedies() {
  const variable = driverVariable();
  const { adapter, ffmpeg } = installRemedies();
  return variable ? { adapter: [`unset ${variable.name}`], diagnosis: variable.text, ffmpeg } : { adapter, ffmpeg };
}

function installRemedies() {
  const system = { darwin: 'brew install ffmpeg', win32: 'winget install ffmpeg' }[process.platform];
  if (!hasApt()) {
    return {
      adapter: [
        'install a Vulkan driver: your GPU maker’s, or Mesa 23 or newer (its lavapipe needs no GPU), and libvulkan',
      ],
      ffmpeg: [system ?? 'install ffmpeg with your system’s package manager'],
    };
  }
  return {
    adapter: installSteps({ driver: true, ffmpeg: false }).map(asCommand),
    ffmpeg: installSteps({ driver: false, ffmpeg: true }).map(asCommand),
  };
}

/**
 * Makes sure of what a command needs, `{ adapter, ffmpeg }`, and installs what is missing where it may. Throws a
 * `LaunchError`: exit code 3 without an adapter, 1 without ffmpeg.
 */
export async function ensureMachine(root, needs, yes) {
  const ffmpeg = needs.ffmpeg && !ffmpegIsThere();
  // What is known of the machine does not hold for drivers that a variable names.
  const known = adapterIsKnown(root) && !driverVariable();
  const driver = needs.adapter && !known && !(await adapterWorks(root));
  if (needs.adapter && !driver && !driverVariable()) rememberAdapter(root);
  if (!driver && !ffmpeg) return;
  const exitCode = driver ? 3 : 1;
  const variable = driver && driverVariable();
  if (variable) {
    throw new LaunchError(
      `onset: no usable GPU adapter: ${variable.text}; correct it, or run\n  unset ${variable.name}\nand the same command again`,
      3,
    );
  }
  const missing = [
    ...(driver ? ['a Vulkan driver (no usable GPU adapter was found; Mesa’s lavapipe works without a GPU)'] : []),
    ...(ffmpeg ? ['ffmpeg (reads and writes video)'] : []),
  ].join(' and ');
  say(`onset: missing: ${missing}`);
  const steps = hasApt() ? installSteps({ driver, ffmpeg }) : [];
  const commands = hasApt()
    ? steps.map(asCommand)
    : [...(driver ? remedies().adapter : []), ...(ffmpeg ? remedies().ffmpeg : [])];
  const byHand = (why) =>
    new LaunchError(`onset: ${why}; do this, then run the same command again:\n${indent(commands)}`, exitCode);
  if (!hasApt()) throw byHand('this system is not one that onset can set up itself');
  if (!isRoot()) throw byHand('installing needs root (sudo -s)');
  say(`onset: to install it, these run now:\n${indent(commands)}`);
  if (!(await agreed('Go on?', yes))) throw byHand('nothing was installed');
  const failed = await takeSteps(steps);
  if (failed) throw byHand(`this step failed: ${asCommand(failed)}`);
  if (ffmpeg && !ffmpegIsThere()) throw byHand('ffmpeg is still missing');
  if (driver && !(await adapterWorks(root))) {
    throw new LaunchError(
      'onset: the driver is installed, yet Dawn finds no usable adapter; see `node engine doctor`',
      3,
    );
  }
  if (driver) rememberAdapter(root);
  say('onset: set up');
}

const indent = (lines) => lines.map((line) => line.replace(/^/gm, '  ')).join('\n');
