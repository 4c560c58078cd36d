/**
 * Opens hostile files and reads what is in them, in a process of its own whose memory can be measured:
 * `node hostile-child.js FOLDER COUNT` takes 0.pt, 1.pt … and prints what came of each.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '../../weights/index.js';

export interface Outcome {
  /** Name and message of the error; absent where the file was accepted. */
  error?: string;
  message?: string;
  seconds: number;
}

const [, , folder, count] = process.argv;
const outcomes: Outcome[] = [];
for (let i = 0; i < Number(count); i++) {
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  try {
    const checkpoint = await openCheckpoint(join(folder!, `${i}.pt`));
    for (const name of checkpoint.tensors.keys()) await checkpoint.read(name);
    await checkpoint.close();
    outcomes.push({ seconds: seconds() });
  } catch (error) {
    const { name, message } = error as Error;
    outcomes.push({ error: name, message, seconds: seconds() });
  }
}
console.log(JSON.stringify({ outcomes, peakBytes: peakBytes() }));

/** Most memory that this process has held. Linux's `maxRSS` would count the parent's at the fork too. */
function peakBytes(): number {
  try {
    const peak = readFileSync('/proc/self/status', 'utf8').match(/^VmHWM:\s*(\d+) kB/m);
    return Number(peak![1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
