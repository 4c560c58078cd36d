/**
 * The list of a folder of real clips, `manifest.tsv`, checked line by line.
 *
 * Columns, separated by tabs, named in the first line: file (within the folder), split (train or val), hit (1 where
 * the source of the sound is visible, else 0), seconds, onsets (seconds of each, separated by spaces; may be empty), label, scene (no
 * scene should be in both splits), source (where the clip comes from).
 */

import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { OnsetError } from '../../../kernels/errors.js';

const seconds = z.coerce.number('not a number').finite().positive('not above 0');

const lineSchema = z.object({
  file: z.string().refine((name) => name !== '' && basename(name) === name, 'not the plain name of a file'),
  split: z.enum(['train', 'val'], 'neither train nor val'),
  hit: z.enum(['0', '1'], 'neither 0 nor 1').transform((hit) => hit === '1'),
  seconds,
  onsets: z.string().transform((text, check) => {
    const onsets = text.split(' ').filter(Boolean).map(Number);
    if (!onsets.every((onset) => Number.isFinite(onset) && onset >= 0)) {
      check.addIssue({ code: 'custom', message: 'not a list of seconds separated by spaces' });
    }
    return onsets.sort((a, b) => a - b);
  }),
  label: z.string(),
  scene: z.string().min(1, 'empty'),
  source: z.string(),
});

export interface FootageEntry {
  /** Full path of the clip. */
  path: string;
  file: string;
  split: 'train' | 'val';
  /** Whether the source of the sound is visible. */
  hit: boolean;
  seconds: number;
  /** Seconds, rising. */
  onsets: number[];
  label: string;
  scene: string;
  source: string;
}

export class FootageError extends OnsetError {
  override name = 'FootageError';
}

export const manifestPath = (folder: string): string => join(folder, 'manifest.tsv');

/**
 * The clips that the folder's manifest lists, in its order.
 *
 * @throws {FootageError} when folder or manifest is missing, or for a fault, by line and column
 */
export function readManifest(folder: string): FootageEntry[] {
  if (!existsSync(folder)) throw new FootageError(`${folder}: there is no such folder of footage`);
  const path = manifestPath(folder);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new FootageError(`${path}: cannot be read (${code}); a folder of footage needs a manifest.tsv`, {
      cause: error,
    });
  }
  const [header = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const columns = header.split('\t');
  const missing = Object.keys(lineSchema.shape).filter((column) => !columns.includes(column));
  if (missing.length > 0) {
    throw new FootageError(`${path}: line 1 names no column ${missing.join(', ')}; it reads "${header.slice(0, 120)}"`);
  }
  const entries: FootageEntry[] = [];
  for (const [i, line] of lines.entries()) {
    if (line.trim() !== '') entries.push(readLine(line, columns, folder, `${path}: line ${i + 2}`));
  }
  if (entries.length === 0) throw new FootageError(`${path}: lists no clips`);
  return entries;
}

function readLine(line: string, columns: string[], folder: string, location: string): FootageEntry {
  const cells = line.split('\t');
  if (cells.length !== columns.length) {
    throw new FootageError(`${location} has ${cells.length} columns; expected ${columns.length}, separated by tabs`);
  }
  const row: Record<string, string> = Object.fromEntries(columns.map((column, i) => [column, cells[i]!]));
  const parsed = lineSchema.safeParse(row);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    const column = String(path[0]);
    throw new FootageError(`${location}, column ${column}: "${row[column]!.slice(0, 60)}" is ${message}`);
  }
  return { path: join(folder, parsed.data.file), ...parsed.data };
}
