/** Noise schedules and solvers: samplers of diffusion models and of rectified flows, guidance, overlapping windows. */

export { SamplerError, TimestepError } from './errors.js';
export { flowEulerSteps } from './flow-euler.js';
export { guide } from './guidance.js';
export { SAMPLER_NAMES, type SamplerName } from './names.js';
export { createSampler, type Sampler, type SamplerOptions } from './sampler.js';
export { type SchedulerConfig, schedulerConfig, VTA_LDM_SCHEDULER } from './scheduler-config.js';
export { runTrajectory } from './trajectory.js';
export { WindowAverage, windowStarts } from './windows.js';
