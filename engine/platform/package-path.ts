/** Files that the package ships beside its code: the default model's weights, tables, the sample clip. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../errors.js';

/** Root of the package, whether the code runs from the sources or from `dist`. Throws EngineError where there is none. */
export function packageRoot(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) {
      throw new EngineError(`no package.json above ${start}; name files of the package by their own paths`);
    }
  }
}

/** A path inside the package. */
export function packagePath(...names: string[]): string {
  return join(packageRoot(), ...names);
}
