// Packages: installed from the lockfile when what lies in node_modules is not what the lockfile names.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runVisibly } from './process.js';
import { LaunchError, say } from './say.js';

const read = (path) => JSON.parse(readFileSync(path, 'utf8')).packages ?? {};

/** What is missing or of another version, as `name`s; undefined when nothing was ever installed. */
export function stalePackages(root) {
  const installedPath = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedPath)) return undefined;
  let installed;
  try {
    installed = read(installedPath);
  } catch {
    return undefined;
  }
  return Object.entries(read(join(root, 'package-lock.json')))
    .filter(([path, wanted]) => {
      if (path === '') return false;
      const found = installed[path];
      // Packages for other systems are optional and not installed.
      return found ? found.version !== wanted.version : !(wanted.optional || wanted.devOptional || wanted.peer);
    })
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
}

export async function ensurePackages(root) {
  // Installed as a package itself: its dependencies are the host's affair.
  if (!existsSync(join(root, 'package-lock.json'))) return;
  const stale = stalePackages(root);
  if (stale?.length === 0) return;
  say(
    stale
      ? `onset: updating packages (${stale.slice(0, 3).join(', ')}${stale.length > 3 ? ` and ${stale.length - 3} more` : ''})`
      : 'onset: installing packages from package-lock.json (npm ci, once)',
  );
  // Install scripts are never needed, and some npm versions block them.
  const args = [
    'ci',
    '--ignore-scripts',
    '--include=dev',
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
    '--loglevel=error',
  ];
  const code = await runVisibly('npm', args, { cwd: root });
  if (code !== 0) {
    throw new LaunchError(
      code === 127
        ? 'onset: npm is needed to install the packages and was not found; it comes with Node (https://nodejs.org)'
        : `onset: installing the packages failed (npm exit code ${code}); try: npm ci --ignore-scripts`,
    );
  }
}
