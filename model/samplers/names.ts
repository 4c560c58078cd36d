/** The samplers' names. Without imports, so that the command line can list them and still start quickly. */

export const SAMPLER_NAMES = ['ddpm', 'ddim', 'dpm-solver++', 'euler'] as const;

export type SamplerName = (typeof SAMPLER_NAMES)[number];
