/** `node engine doctor`: what this machine has, and the command that fixes each fault. */

import { constants } from 'node:fs';
import { access, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { userCache } from '../engine/platform/user-cache.js';
import { runTool, toolPath } from '../model/media/ffmpeg.js';
import { result, say } from './terminal.js';

interface Fault {
  what: string;
  /** Commands to run, in order. */
  fix: string[];
}

interface Report {
  ok: boolean;
  node: { version: string; platform: string };
  adapter: Adapter | null;
  ffmpeg: { path: string; version: string } | null;
  ffprobe: { path: string; version: string } | null;
  cache: { path: string; writable: boolean; bytes: number };
  faults: Fault[];
}

interface Adapter {
  vendor: string;
  architecture: string;
  description: string;
  /** Software drivers run on the processor. */
  kind: string;
  subgroups: { min: number; max: number };
  features: string[];
  limits: Record<string, number>;
}

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
] as const;

export function register(program: Command): void {
  program
    .command('doctor')
    .description('check GPU adapter, driver, ffmpeg and caches, and say how to fix each fault')
    .option('--fix', 'install what is missing (the launcher does it before this report)')
    .option('--json', 'print one JSON object')
    .action(async (options: { json?: boolean }) => {
      const report = await examine();
      if (options.json) result(JSON.stringify(report));
      else print(report);
      process.exitCode = report.adapter === null ? 3 : report.ok ? 0 : 1;
    });
}

/** Checks everything that a run needs. Never throws for a fault: it reports it. */
async function examine(): Promise<Report> {
  const remedies = JSON.parse(process.env.ONSET_REMEDIES ?? '{}') as {
    adapter?: string[];
    ffmpeg?: string[];
    /** What keeps the adapter from being found, where that is known. */
    diagnosis?: string;
  };
  const faults: Fault[] = [];
  const adapter = await findAdapter().catch((error: Error) => {
    const what = remedies.diagnosis ? `no usable GPU adapter: ${remedies.diagnosis}` : error.message;
    faults.push({ what, fix: remedies.adapter ?? ['node engine doctor --fix'] });
    return null;
  });
  const [ffmpeg, ffprobe] = await Promise.all([toolVersion('ffmpeg'), toolVersion('ffprobe')]);
  if (!ffmpeg || !ffprobe) {
    faults.push({
      what: `${ffmpeg ? 'ffprobe' : 'ffmpeg'} cannot be started (${toolPath(ffmpeg ? 'ffprobe' : 'ffmpeg')})`,
      fix: remedies.ffmpeg ?? ['node engine doctor --fix'],
    });
  }
  const cache = await cacheState();
  if (!cache.writable) {
    faults.push({
      what: `the cache folder ${cache.path} is not writable`,
      fix: [`mkdir -p ${cache.path} && chmod u+rwx ${cache.path}`],
    });
  }
  return {
    ok: faults.length === 0,
    node: { version: process.versions.node, platform: `${process.platform} ${process.arch}` },
    ...{ adapter, ffmpeg, ffprobe, cache, faults },
  };
}

async function findAdapter(): Promise<Adapter> {
  const { openGpu } = await import('../engine/platform/gpu.js');
  const { openDevice } = await import('../engine/device.js');
  const { AdapterError } = await import('../engine/errors.js');
  const gpu = await openGpu();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new AdapterError(
      'no usable GPU adapter: no Vulkan driver is installed, or Dawn refuses it (Mesa older than 23 is refused)',
    );
  }
  const { device, profile } = await openDevice({ gpu });
  device.destroy();
  return {
    vendor: adapter.info.vendor,
    architecture: adapter.info.architecture,
    description: adapter.info.description,
    kind: profile.kind,
    subgroups: { min: profile.subgroups.min, max: profile.subgroups.max },
    features: [...adapter.features].sort(),
    limits: Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]])),
  };
}

async function toolVersion(tool: 'ffmpeg' | 'ffprobe'): Promise<{ path: string; version: string } | null> {
  try {
    const { code, stdout } = await runTool(tool, ['-version'], { signal: AbortSignal.timeout(10_000) });
    const version = /version (\S+)/.exec(stdout.toString())?.[1];
    return code === 0 && version ? { path: toolPath(tool), version } : null;
  } catch {
    return null;
  }
}

/** The user's cache folder, which holds tuning, downloads and notes; all of it can be made again. */
async function cacheState(): Promise<Report['cache']> {
  const path = userCache();
  let writable = true;
  let bytes = 0;
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
    for (const name of await readdir(path, { recursive: true })) bytes += (await stat(join(path, name))).size;
  } catch {
    writable = false;
  }
  return { path, writable, bytes };
}

function print({ node, adapter, ffmpeg, ffprobe, cache, faults }: Report): void {
  const line = (name: string, value: string): void => result(`${name.padEnd(12)}${value}`);
  line('node', `${node.version} (${node.platform})`);
  line(
    'adapter',
    adapter
      ? `${adapter.description} (${[adapter.kind, adapter.vendor, adapter.architecture].filter(Boolean).join(', ')})`
      : 'none',
  );
  if (adapter) {
    line('subgroups', `${adapter.subgroups.min} to ${adapter.subgroups.max} lanes`);
    line('features', adapter.features.join(' '));
    for (const [name, value] of Object.entries(adapter.limits)) line('limit', `${name} ${value}`);
  }
  line('ffmpeg', ffmpeg ? `${ffmpeg.version} (${ffmpeg.path})` : 'none');
  line('ffprobe', ffprobe ? `${ffprobe.version} (${ffprobe.path})` : 'none');
  line('cache', `${cache.path} (${(cache.bytes / 1e6).toFixed(1)} MB${cache.writable ? '' : ', not writable'})`);
  for (const { what, fix } of faults)
    say(`fault: ${what}\n  fix it with\n${fix.map((m) => m.replace(/^/gm, '    ')).join('\n')}`);
  if (faults.length === 0) say('all is well');
}
