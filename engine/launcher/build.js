// The build: made again when a source is newer than, or missing from, the last one.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runVisibly } from './process.js';
import { LaunchError, say } from './say.js';

const ROOMS = ['kernels', 'engine', 'weights', 'model', 'tools', 'tests'];
const GENERATED = join('kernels', 'wgsl.ts');

/** Every file the build reads, relative to the root. */
function sources(root) {
  const found = ['package.json', 'tsconfig.json'];
  const walk = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (/\.(ts|wgsl)$/.test(entry.name) && path !== GENERATED) found.push(path);
    }
  };
  for (const room of ROOMS) if (existsSync(join(root, room))) walk(room);
  return found.sort();
}

/** Names, sizes and times of all sources: any change, also a removal, makes another build. */
function fingerprint(root, files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** Removes compiled modules whose source is gone, so that no test of yesterday runs. */
function prune(root, files) {
  const kept = new Set([...files, GENERATED].map((file) => file.replace(/(\.d)?\.ts$/, '')));
  const walk = (folder) => {
    for (const entry of readdirSync(join(root, 'dist', folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (/\.(js|d\.ts)$/.test(entry.name) && !kept.has(path.replace(/\.(js|d\.ts)$/, ''))) {
        rmSync(join(root, 'dist', path));
      }
    }
  };
  walk('.');
}

export async function ensureBuild(root) {
  // A published package carries its build and no configuration to make one.
  if (!existsSync(join(root, 'tsconfig.json'))) return;
  const files = sources(root);
  const stamp = join(root, 'dist', '.built');
  const now = fingerprint(root, files);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now && existsSync(join(root, 'dist', 'tools', 'main.js')))
    return;
  say('onset: building');
  // The compiler's own record may outlive the files it speaks of.
  if (!existsSync(join(root, 'dist', 'tools', 'main.js'))) rmSync(join(root, 'dist'), { recursive: true, force: true });
  const code = await runVisibly('npm', ['run', '--silent', 'build'], { cwd: root });
  if (code !== 0) throw new LaunchError('onset: the build failed; the lines above say where (npm run build)');
  prune(root, files);
  writeFileSync(stamp, now);
}
