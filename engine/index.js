#!/usr/bin/env node
// `node engine <command> …`: sets up what is missing (packages, build, Vulkan driver, ffmpeg), then runs the command.
// Plain JavaScript without dependencies, because on a fresh clone there are none.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

async function main(args) {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) {
    process.stderr.write(`onset: Node 20 or newer is needed; this is ${process.versions.node} (https://nodejs.org)\n`);
    return 1;
  }
  const { LaunchError, say } = await import('./launcher/say.js');
  try {
    const [{ ensurePackages }, { ensureBuild }, { ensureMachine, remedies }, { needsOf }, { runChild }] =
      await Promise.all([
        import('./launcher/packages.js'),
        import('./launcher/build.js'),
        import('./launcher/machine.js'),
        import('./launcher/needs.js'),
        import('./launcher/child.js'),
      ]);
    const end = args.indexOf('--');
    const isYes = (arg, index) => arg === '--yes' && (end < 0 || index < end);
    const yes = args.some(isYes);
    const rest = args.filter((arg, index) => !isYes(arg, index));
    await ensurePackages(root);
    await ensureBuild(root);
    await ensureMachine(root, needsOf(rest), yes);
    const forDoctor = rest.includes('doctor') ? { ONSET_REMEDIES: JSON.stringify(remedies()) } : {};
    return await runChild(join(root, 'dist', 'tools', 'main.js'), rest, forDoctor);
  } catch (error) {
    if (!(error instanceof LaunchError)) throw error;
    say(error.message);
    return error.exitCode;
  }
}

process.exitCode = await main(process.argv.slice(2));
