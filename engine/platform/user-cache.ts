/** The user's cache folder, which holds what can be made or fetched again. */

import { join } from 'node:path';
import envPaths from 'env-paths';

/** The folder, or a path in it. */
export function userCache(...names: string[]): string {
  return join(envPaths('onset', { suffix: '' }).cache, ...names);
}
