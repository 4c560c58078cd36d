/** One engine for the whole test run: opening a device costs more than most tests. */

import { createEngine, type Engine } from '../../engine/engine.js';
import { cleanups } from './suite.js';

let shared: Promise<Engine> | null = null;

export function sharedEngine(): Promise<Engine> {
  if (!shared) {
    shared = createEngine();
    cleanups.push(async () => (await shared)?.dispose());
  }
  return shared;
}

/** An engine with variables of its own on the shared device: for tests whose models name their weights as others do. */
export async function guestEngine(): Promise<Engine> {
  const guest = await createEngine({ device: (await sharedEngine()).device });
  cleanups.push(() => guest.dispose());
  return guest;
}

/** Reproducible values in [−1, 1) without structure. */
export function noise(count: number, seed = 1): Float32Array {
  let s = (seed * 2654435761) >>> 0 || 1;
  return Float32Array.from({ length: count }, () => {
    s ^= s << 13;
    s >>>= 0;
    s ^= s >>> 17;
    s ^= s << 5;
    s >>>= 0;
    return s / 2 ** 31 - 1;
  });
}
