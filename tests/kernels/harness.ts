/**
 * The kernel harness: one variant of one family against the f64 reference, on random ragged problems
 * (after the four modes of ggml's test-backend-ops).
 */

import type { OpenDevice } from '../../engine/device.js';
import { type PipelineCache, pipelineKey } from '../../engine/pipelines.js';
import { caseRandom, operandValues, seedOf } from '../../kernels/case-random.js';
import type { FamilyCases } from '../../kernels/cases.js';
import { type DeviceProfile, type Lowering, lower, type Problem, type TensorType } from '../../kernels/kernel.js';
import { idealProfiles } from '../../kernels/profiles.js';
import { toBytes, toValues } from '../../tools/bench/tensor-bytes.js';
import { type Effort, effort } from '../harness/effort.js';
import { type GuardedJob, runGuarded } from './guarded-run.js';

/** Largest Σ(y−r)²/Σr² of a result, by the storage type of the operands. */
const TOLERANCE = { f32: 1e-10, f16: 1e-6 } as const;

/** Squared magnitude below which an error is taken as absolute: references that are zero have no relative error. */
const SMALLEST_MEAN_SQUARE = 1e-6;

const MAX_TRIES = 4000;
const ONE: Effort = { problems: 1, pipelines: 1 };

export interface Bench extends OpenDevice {
  cache: PipelineCache;
}

export interface Outcome {
  /** `unsupported`: the device lacks something that the variant needs; on an ideal device it accepts. */
  status: 'passed' | 'failed' | 'unsupported';
  problems: number;
  /** Why the variant refuses here, when it does. */
  reason?: string;
  /** Largest normalised error seen. */
  worst: number;
  /** Each names the problem and what went wrong. */
  failures: string[];
}

interface Drawn<P> {
  problem: P;
  lowering: Lowering;
  values: Float64Array[];
  job: GuardedJob;
}

/** Storage types of a problem's operands; `mixed` is weights in f16 and all else in f32. */
const STORAGES = ['f32', 'f16', 'mixed'] as const;
type Storage = (typeof STORAGES)[number];

/** Runs random problems through a forced variant, as many as asked for with each kind of storage that it accepts. */
export async function checkVariant<P extends Problem>(
  bench: Bench,
  cases: FamilyCases<P>,
  variant: string,
  wanted: Effort = effort,
): Promise<Outcome> {
  const outcome: Outcome = { status: 'passed', problems: 0, worst: 0, failures: [] };
  for (const storage of STORAGES) {
    if (storage !== 'f32' && !bench.profile.f16) continue;
    if (storage === 'mixed' && !cases.mixed) continue;
    const drawn = draw(bench.profile, cases, variant, storage, wanted);
    if (drawn.jobs.length === 0) {
      outcome.reason ??= drawn.reason;
      continue;
    }
    if (drawn.jobs.length < wanted.problems) {
      outcome.failures.push(
        `the random problems reach ${variant} only ${drawn.jobs.length} times with ${storage} (${drawn.reason}); ${wanted.problems} are wanted`,
      );
    }
    let references: Float64Array[][] = [];
    const results = await runGuarded(
      bench.device,
      bench.cache,
      drawn.jobs.map((d) => d.job),
      () => {
        references = drawn.jobs.map((d) => cases.reference(d.problem, d.values));
      },
    );
    for (const [i, result] of results.entries()) {
      const { problem, job } = drawn.jobs[i]!;
      const mutated = cases.mutates ?? [];
      const compared = [
        ...problem.outputs.map((type, k) => ({ name: `output ${k}`, type, bytes: result.outputs[k]! })),
        ...mutated.map((k) => ({ name: `updated input ${k}`, type: problem.inputs[k]!, bytes: result.inputs[k]! })),
      ];
      const fail = (what: string): void => void outcome.failures.push(`${what}\n    on ${JSON.stringify(problem)}`);
      if (references[i]!.length !== compared.length) {
        fail(`the reference gives ${references[i]!.length} tensors, the kernels ${compared.length}`);
        continue;
      }
      const stored = [...problem.inputs, ...problem.outputs].some((t) => t.dtype === 'f16') ? 'f16' : 'f32';
      for (const [k, { name, type, bytes }] of compared.entries()) {
        const error = errorOf(type, toValues(type, bytes), references[i]![k]!);
        outcome.worst = Math.max(outcome.worst, error);
        if (!(error <= TOLERANCE[stored])) fail(`${name} is off by NMSE ${error.toExponential(2)}`);
      }
      for (const overrun of result.overruns) fail(`something was written to ${overrun}`);
      for (const [k, { bytes }] of job.inputs.entries()) {
        if (!mutated.includes(k) && Buffer.compare(bytes, result.inputs[k]!) !== 0) fail(`input ${k} was changed`);
      }
      outcome.problems++;
    }
  }
  if (outcome.failures.length > 0) outcome.status = 'failed';
  else if (outcome.problems === 0) {
    const reachable = idealProfiles(bench.profile).some(
      (profile) =>
        draw(profile, cases, variant, 'f32', ONE).jobs.length + draw(profile, cases, variant, 'f16', ONE).jobs.length >
        0,
    );
    outcome.status = reachable ? 'unsupported' : 'failed';
    if (!reachable) outcome.failures.push(`no random problem reaches ${variant} on any device: ${outcome.reason}`);
  }
  return outcome;
}

/** Draws problems until enough are accepted, reusing pipelines once there are many. */
function draw<P extends Problem>(
  profile: DeviceProfile,
  cases: FamilyCases<P>,
  variantName: string,
  storage: Storage,
  wanted: Effort,
): { jobs: Drawn<P>[]; reason: string } {
  const { family } = cases;
  const variant = family.variants.find((v) => v.name === variantName);
  if (!variant) throw new RangeError(`${family.name} has no variant ${variantName}`);
  const random = caseRandom(seedOf(`${family.name} ${storage}`));
  const pipelines = new Set<string>();
  const jobs: Drawn<P>[] = [];
  let reason = '';
  for (let tries = 0; jobs.length < wanted.problems && tries < MAX_TRIES; tries++) {
    const problem = storage === 'mixed' ? cases.mixed!(random) : cases.random(random, storage);
    const refusal = variant.unsupportedReason(profile, problem);
    if (refusal !== null) {
      reason = refusal;
      continue;
    }
    const lowering = lower(family, profile, problem, variantName);
    const keys = lowering.calls.map(pipelineKey).filter((key) => !pipelines.has(key));
    if (keys.length > 0 && pipelines.size + keys.length > Math.max(wanted.pipelines, lowering.calls.length)) {
      reason = 'too many kinds of pipelines';
      continue;
    }
    for (const key of keys) pipelines.add(key);
    const inputs = operandValues(cases, problem, random).map((values, i) => {
      const type = problem.inputs[i]!;
      return { type, bytes: toBytes(type, values) };
    });
    const { inPlace } = problem as { inPlace?: number };
    jobs.push({
      problem,
      lowering,
      values: inputs.map(({ type, bytes }) => toValues(type, bytes)),
      job: {
        lowering,
        inputs,
        outputs: problem.outputs,
        initial: inPlace !== undefined && inPlace >= 0 ? [inputs[inPlace]!.bytes] : undefined,
        exposeGuards: jobs.length % 2 === 0,
      },
    });
  }
  return { jobs, reason };
}

/** Normalised mean squared error; for integers 0 where all are equal, else 1. */
function errorOf(type: TensorType, found: Float64Array, expected: Float64Array): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  if (type.dtype === 'u32' || type.dtype === 'i32') return found.every((value, i) => value === expected[i]) ? 0 : 1;
  let error = 0;
  let magnitude = 0;
  for (let i = 0; i < found.length; i++) {
    error += (found[i]! - expected[i]!) ** 2;
    magnitude += expected[i]! ** 2;
  }
  return error / Math.max(magnitude, found.length * SMALLEST_MEAN_SQUARE);
}
