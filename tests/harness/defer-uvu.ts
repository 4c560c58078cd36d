/** Tells uvu, before it loads, to queue suites instead of running each file's by itself. */

/** Runs one suite: formatted errors (`true` where there are none), tests passed, skipped, and in all. */
export type QueuedSuite = () => Promise<[errors: string | true, passed: number, skipped: number, all: number]>;

const shared = globalThis as { UVU_DEFER?: number; UVU_QUEUE?: QueuedSuite[][] };
shared.UVU_DEFER = 1;
shared.UVU_QUEUE ??= [[]];

/** The suites that files have registered since it was last emptied. */
export const queue: QueuedSuite[] = shared.UVU_QUEUE[0]!;
