import { join } from 'node:path';
import { packageRoot } from '../../engine/platform/package-path.js';

/** A file that tests/oracle/torch_files.py wrote. */
export function golden(name: string): string {
  return join(packageRoot(), 'tests', 'oracle', 'goldens', 'torch', name);
}
