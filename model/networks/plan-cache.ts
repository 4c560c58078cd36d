/** Compiled plans by name: each is traced and compiled at its first use. */

import { type Engine, Graph, type Plan } from '../../engine/engine.js';
import { Parameters, type ParametersOptions } from './parameters.js';

export class PlanCache {
  readonly #engine: Engine;
  readonly #options: ParametersOptions;
  readonly #plans = new Map<string, Promise<Plan>>();

  constructor(engine: Engine, options: ParametersOptions = {}) {
    this.#engine = engine;
    this.#options = options;
  }

  /** The plan of that name; `trace` is called, on a new graph's parameters, where there is none yet. */
  get(name: string, trace: (p: Parameters) => void): Promise<Plan> {
    let plan = this.#plans.get(name);
    if (!plan) {
      const graph = new Graph();
      trace(new Parameters(graph, this.#options));
      plan = this.#engine.compile(graph);
      this.#plans.set(name, plan);
      // A failed compile is tried again when next asked for.
      plan.catch(() => this.#plans.delete(name));
    }
    return plan;
  }

  async dispose(): Promise<void> {
    const plans = [...this.#plans.values()];
    this.#plans.clear();
    for (const plan of await Promise.allSettled(plans)) if (plan.status === 'fulfilled') plan.value.dispose();
  }
}

/** `onCompiling` of a plan's run, told as a stage of a long call. */
export const compilingStage = (
  onProgress: ((stage: string, done: number, total: number) => void) | undefined,
): ((done: number, total: number) => void) | undefined =>
  onProgress && ((done, total) => onProgress('compiling kernels for this driver (once)', done, total));
