/**
 * Compiles every variant of every kernel on Dawn's null backend, which needs no GPU: a kernel for hardware that is not here
 * cannot rot. Fails when a shader does not compile, when a variant is reached by no problem on any kind of device, or when
 * a template with an entry point was never compiled.
 */

import { openDevice } from '../../engine/device.js';
import { PipelineCache, pipelineKey } from '../../engine/pipelines.js';
import { openGpu } from '../../engine/platform/gpu.js';
import { caseRandom, seedOf } from '../../kernels/case-random.js';
import { families } from '../../kernels/families.js';
import { type DeviceProfile, type KernelCall, lower } from '../../kernels/kernel.js';
import { probes } from '../../kernels/probe/probe.js';
import { idealProfiles } from '../../kernels/profiles.js';
import { wgsl } from '../../kernels/wgsl.js';

/** Draws for each family and storage type; and how many different pipelines a variant needs on each kind of device. */
const DRAWS = 120;
const ENOUGH_PER_DEVICE = 6;

interface Found {
  calls: Map<string, KernelCall>;
  unreached: string[];
}

/** The different kernel calls that the families' problems become on all kinds of devices. */
function reachableCalls(profiles: readonly DeviceProfile[]): Found {
  const calls = new Map<string, KernelCall>();
  const unreached: string[] = [];
  for (const cases of families) {
    const random = caseRandom(seedOf(cases.family.name));
    const problems = cases.perf.map((p) => p.problem);
    for (const dtype of ['f32', 'f16'] as const) {
      for (let i = 0; i < DRAWS; i++) problems.push(cases.random(random, dtype));
    }
    for (let i = 0; cases.mixed && i < DRAWS; i++) problems.push(cases.mixed(random));
    for (const variant of cases.family.variants) {
      const own = new Map<string, KernelCall>();
      for (const profile of profiles) {
        // Each device gets its share, so that the last profiles' specialities are not crowded out by the first's.
        const enough = own.size + ENOUGH_PER_DEVICE;
        for (const problem of problems) {
          if (own.size >= enough) break;
          if (variant.unsupportedReason(profile, problem) !== null) continue;
          for (const call of lower(cases.family, profile, problem, variant.name).calls)
            own.set(pipelineKey(call), call);
        }
      }
      if (own.size === 0)
        unreached.push(`${cases.family.name} / ${variant.name}: no problem of its cases reaches it on any device`);
      for (const [key, call] of own) calls.set(key, call);
    }
  }
  return { calls, unreached };
}

async function main(): Promise<number> {
  const started = performance.now();
  // Named here so that the instance outlives the device.
  const gpu = await openGpu({ backend: 'null' });
  const { device, profile } = await openDevice({ gpu });
  const profiles = idealProfiles(profile);
  const { calls, unreached } = reachableCalls(profiles);
  for (const call of probes(profile)) calls.set(pipelineKey(call), call);

  const cache = new PipelineCache(device);
  const failures = [...unreached];
  await Promise.all(
    [...calls.values()].map((call) => cache.get(call).catch((error: Error) => void failures.push(error.message))),
  );
  const compiled = new Set([...calls.values()].map((call) => call.template));
  const included = new Set(
    Object.values(wgsl).flatMap((text) => [...text.matchAll(/^#include (\S+)/gm)].map((m) => m[1])),
  );
  for (const [name, text] of Object.entries(wgsl)) {
    if (/^@compute\b/m.test(text) && !compiled.has(name) && !included.has(name))
      failures.push(`${name}.wgsl: no problem of any family uses it`);
  }
  for (const failure of failures) process.stderr.write(`${failure}\n\n`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stderr.write(
    `${calls.size} kernels from ${compiled.size} templates of ${families.length} families compiled in ${seconds} s; ${failures.length} failed\n`,
  );
  device.destroy();
  return failures.length === 0 ? 0 : 1;
}

process.exit(await main());
