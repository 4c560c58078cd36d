/** Whether a process exists, for files that a process names as its own. */

import { systemCodeOf } from './system-error.js';

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user may not be signalled, but it runs.
    return systemCodeOf(error) !== 'ESRCH';
  }
}
