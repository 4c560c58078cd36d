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
