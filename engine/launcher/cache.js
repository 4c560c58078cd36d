// The user's cache folder, and the note in it that this machine's GPU driver was found to work.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { homedir, release } from 'node:os';
import { join } from 'node:path';

export function cacheFolder() {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'onset');
  if (process.platform === 'win32') return join(process.env.LOCALAPPDATA ?? homedir(), 'onset', 'Cache');
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'onset');
}

const DRIVER_FOLDERS = ['/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];
const DRIVER_SETTINGS = [
  'VK_ICD_FILENAMES',
  'VK_DRIVER_FILES',
  'VK_ADD_DRIVER_FILES',
  'VK_LOADER_DRIVERS_SELECT',
  'VK_LOADER_DRIVERS_DISABLE',
];

const describe = (path) => {
  try {
    const { size, mtimeMs } = statSync(path);
    return `${realpathSync(path)} ${size} ${mtimeMs}`;
  } catch {
    return `${path} -`;
  }
};

/** Changes when a driver, the loader, the bindings or a setting that selects among them does. */
function driverKey(root) {
  const hash = createHash('sha256');
  const note = (text) => hash.update(`${text}\n`);
  note(`${process.platform} ${process.arch} ${release()}`);
  note(describe(join(root, 'node_modules', 'webgpu', 'package.json')));
  for (const name of DRIVER_SETTINGS) {
    note(`${name}=${process.env[name] ?? ''}`);
    for (const path of (process.env[name] ?? '').split(':')) if (path.startsWith('/')) note(describe(path));
  }
  for (const folder of DRIVER_FOLDERS) {
    if (existsSync(folder)) for (const name of readdirSync(folder).sort()) note(describe(join(folder, name)));
  }
  for (const folder of ['x86_64-linux-gnu', 'aarch64-linux-gnu']) {
    for (const name of ['libvulkan.so.1', 'libvulkan_lvp.so']) note(describe(join('/usr/lib', folder, name)));
  }
  for (const folder of ['/dev/dri', '/dev']) {
    if (existsSync(folder))
      note(
        readdirSync(folder)
          .filter((n) => /^(card|render|nvidia)/.test(n))
          .sort()
          .join(' '),
      );
  }
  return hash.digest('hex');
}

const notePath = () => join(cacheFolder(), 'adapter-works');

export function adapterIsKnown(root) {
  try {
    return readFileSync(notePath(), 'utf8') === driverKey(root);
  } catch {
    return false;
  }
}

/** Without a writable cache every start probes; that is slower and otherwise no harm. */
export function rememberAdapter(root) {
  try {
    mkdirSync(cacheFolder(), { recursive: true });
    writeFileSync(notePath(), driverKey(root));
  } catch {}
}
