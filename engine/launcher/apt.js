// Debian and its kin: what to install, and where the backports of the machine's own mirror are.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runVisibly } from './process.js';

export function onPath(name) {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
  return (process.env.PATH ?? '')
    .split(delimiter)
    .some((folder) => endings.some((end) => existsSync(join(folder, name + end))));
}

export const hasApt = () => process.platform === 'linux' && onPath('apt-get');
export const isRoot = () => process.getuid?.() === 0;

/** The release's code name (`bookworm`) where it is Debian's, else undefined. */
export function debianRelease(etc = '/etc') {
  try {
    const text = readFileSync(join(etc, 'os-release'), 'utf8');
    const value = (key) => new RegExp(`^${key}="?([^"\n]*)"?$`, 'm').exec(text)?.[1];
    return value('ID') === 'debian' ? value('VERSION_CODENAME') : undefined;
  } catch {
    return undefined;
  }
}

/** A stanza's fields, with continuation lines (an embedded key) kept. */
function stanzas(text) {
  return text
    .replace(/^#.*\n?/gm, '')
    .split(/\n[ \t]*\n/)
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const fields = new Map();
      let name;
      for (const line of part.split('\n')) {
        const match = /^([A-Za-z-]+):[ \t]*(.*)$/.exec(line);
        if (match) fields.set((name = match[1]), match[2].trim());
        else if (name && /^\s/.test(line)) fields.set(name, `${fields.get(name)}\n${line}`);
      }
      return fields;
    });
}

const words = (text) => (text ?? '').split(/\s+/).filter((word) => word !== '');
const ONE_LINE = /^\s*deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.+)$/;

/** Entries for packages in the machine's apt sources: `{ suites, entry(suite) → { file, text } }`. */
function entries(etc) {
  const folder = join(etc, 'apt', 'sources.list.d');
  const listed = existsSync(folder)
    ? readdirSync(folder)
        .sort()
        .map((name) => join(folder, name))
    : [];
  const found = [];
  for (const path of [join(etc, 'apt', 'sources.list'), ...listed]) {
    if (!existsSync(path)) continue;
    if (path.endsWith('.sources')) {
      for (const fields of stanzas(readFileSync(path, 'utf8'))) {
        if (!words(fields.get('Types')).includes('deb') || /^no$/i.test(fields.get('Enabled') ?? '')) continue;
        const entry = (suite) => {
          const copy = new Map(fields).set('Types', 'deb').set('Suites', suite).set('Components', 'main');
          const text = [...copy]
            .map(([name, value]) => `${name}:${value.startsWith('\n') ? '' : ' '}${value}\n`)
            .join('');
          return { file: 'onset-backports.sources', text };
        };
        found.push({ suites: words(fields.get('Suites')), entry });
      }
    } else if (path.endsWith('.list')) {
      for (const line of readFileSync(path, 'utf8').split('\n')) {
        const [, options = '', uri, suite] = ONE_LINE.exec(line.replace(/#.*/, '')) ?? [];
        if (!uri || uri.startsWith('cdrom:')) continue;
        const entry = (other) => ({ file: 'onset-backports.list', text: `deb ${options}${uri} ${other} main\n` });
        found.push({ suites: [suite], entry });
      }
    }
  }
  return found;
}

/**
 * The backports entry that is missing, made from the machine's own entry for its release: `{ path, text }`. Undefined when
 * the backports are listed already, or no entry for the release is.
 */
export function backportsEntry(release, etc = '/etc') {
  const all = entries(etc);
  if (all.some(({ suites }) => suites.includes(`${release}-backports`))) return undefined;
  const names = [release, 'stable', 'oldstable'];
  const base = names
    .map((name) => all.find(({ suites }) => suites.includes(name)))
    .find((entry) => entry !== undefined);
  if (!base) return undefined;
  const { file, text } = base.entry(`${release}-backports`);
  return { path: join(etc, 'apt', 'sources.list.d', file), text };
}

/** Steps that install what is asked for: `{ write: { path, text } }` or `{ run: [program, …args] }`, and why. */
export function installSteps({ driver, ffmpeg }) {
  const steps = [];
  const release = debianRelease();
  // Debian 12's own Mesa (22.3) is refused by Dawn; its backports have one that works.
  const backports = driver && release === 'bookworm';
  const entry = backports ? backportsEntry(release) : undefined;
  if (entry) steps.push({ write: entry });
  steps.push({ run: ['apt-get', 'update'] });
  const install = ['apt-get', 'install', '-y', '--no-install-recommends'];
  if (driver) {
    const target = backports ? ['-t', 'bookworm-backports'] : [];
    steps.push({ run: [...install, ...target, 'mesa-vulkan-drivers', 'libvulkan1'] });
  }
  if (ffmpeg) steps.push({ run: [...install, 'ffmpeg'] });
  return steps;
}

/** A step as a command line for a root shell. */
export function asCommand(step) {
  if (step.run) return step.run.join(' ');
  return `cat > ${step.write.path} <<'END'\n${step.write.text}END`;
}

/** Takes the steps one by one; gives back the one that failed. */
export async function takeSteps(steps) {
  for (const step of steps) {
    if (step.write) {
      writeFileSync(step.write.path, step.write.text);
      continue;
    }
    const [program, ...args] = step.run;
    // apt's own progress is long; its errors still show.
    const quiet = program === 'apt-get' ? ['-qq', '-o', 'Dpkg::Use-Pty=0'] : [];
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const stdio = ['ignore', 'ignore', 2];
    if ((await runVisibly(program, [...quiet, ...args], { env, stdio })) !== 0) return step;
  }
  return undefined;
}
