/** Names of a tagger's classes, from the table that AudioSet publishes: CSV with the columns index, mid, display_name. */

import { dirname, join } from 'node:path';
import { readTextFile } from '../../../weights/index.js';
import { EvaluationError } from '../errors.js';

/** Looked for beside a checkpoint. */
const FILES = ['class_labels_indices.csv', 'audioset_class_labels.csv'];

/**
 * Names of `count` classes: from `file`, else from a table beside the checkpoint, else `class 0`, `class 1`, …
 *
 * @throws {EvaluationError} when `file` is not there, or a table does not name each of the classes once
 */
export async function classLabels(checkpoint: string, count: number, file?: string): Promise<string[]> {
  if (file !== undefined) {
    const text = await readTextFile(file);
    if (text === undefined) throw new EvaluationError(`${file}: there is no such table of class labels`);
    return parseLabels(text, count, file);
  }
  for (const name of FILES) {
    const path = join(dirname(checkpoint), name);
    const text = await readTextFile(path);
    if (text !== undefined) return parseLabels(text, count, path);
  }
  return Array.from({ length: count }, (_, i) => `class ${i}`);
}

function parseLabels(text: string, count: number, file: string): string[] {
  const [header = [], ...rows] = text.split(/\r?\n/).filter(Boolean).map(fieldsOf);
  const [index, name] = [header.indexOf('index'), header.indexOf('display_name')];
  if (index < 0 || name < 0) {
    throw new EvaluationError(`${file}: the first line is '${header.join()}'; expected columns index and display_name`);
  }
  const names = new Map(rows.map((fields) => [Number(fields[index]), fields[name] ?? '']));
  const labels = Array.from({ length: count }, (_, i) => names.get(i) ?? '');
  if (rows.length !== count || labels.includes('')) {
    throw new EvaluationError(`${file} names ${rows.length} classes; expected a name for each of 0 to ${count - 1}`);
  }
  return labels;
}

/** The fields of a line of CSV (RFC 4180), without line breaks within quotes. */
function fieldsOf(line: string): string[] {
  const fields = line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...fields].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '');
}
