/** Files that the package ships beside its code: the default model's weights, tables, the sample clip. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../errors.js';

/**
 * Root of the package, whether the code runs from the sources or from `dist`.
 * @throws {EngineError} when the code was moved out of its package
 */
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

/** What a JSON file of the package holds; the package's own files are trusted to have the type. */
export function packageJson<T>(...names: string[]): T {
  return JSON.parse(readFileSync(packagePath(...names), 'utf8')) as T;
}

/** Version of the package. */
export function packageVersion(): string {
  return packageJson<{ version: string }>('package.json').version;
}
