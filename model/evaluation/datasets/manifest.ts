/** Datasets from files: a manifest with its clips, or a plain folder of videos. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../../engine/platform/json.js';
import { EvaluationError } from '../errors.js';
import type { ReferenceEvent } from '../metrics/event-matching.js';
import type { Dataset, DatasetEntry } from './dataset.js';
import { eventList, readEventsFile } from './events-file.js';

export const MANIFEST = 'manifest.json';
const VIDEO_ENDINGS = ['.mp4', '.m4v', '.mov', '.mkv', '.webm', '.avi'];

const text = z.string().min(1);

/** A clip as the manifest lists it; docs/evaluation.md says what each key means. */
interface ListedClip {
  clip: string;
  events?: ReferenceEvent[] | string | undefined;
  sound?: string | undefined;
  class?: string | undefined;
  offset?: number | undefined;
  licence?: string | undefined;
  split?: string | undefined;
}

/** The contents of a `manifest.json`. */
export interface DatasetManifest {
  name: string;
  description?: string | undefined;
  licence?: string | undefined;
  clips: ListedClip[];
}

const clipSchema: z.ZodType<ListedClip> = z.strictObject({
  clip: text,
  events: z.union([eventList, text]).optional(),
  sound: text.optional(),
  class: text.optional(),
  offset: z.number().min(-5).max(5).optional(),
  licence: text.optional(),
  split: text.optional(),
});

const manifestSchema: z.ZodType<DatasetManifest> = z.strictObject({
  name: text,
  description: text.optional(),
  licence: text.optional(),
  clips: z.array(clipSchema).min(1),
});

export interface DatasetOptions {
  /** The folder of the clips, in place of the manifest's own. */
  root?: string | undefined;
  /** Only clips of that split. */
  split?: string | undefined;
  /** Only so many clips, the first ones. */
  clips?: number | undefined;
}

/**
 * The dataset of a manifest, of a folder with a `manifest.json`, or of a folder of videos. No clip is opened.
 *
 * @throws {EvaluationError} when there is no such file, for a fault in the manifest, by its entry, and when no clip is left
 */
export function readDataset(path: string, options: DatasetOptions = {}): Dataset {
  const kind = statSync(path, { throwIfNoEntry: false });
  if (!kind) throw new EvaluationError(`${path}: no such dataset; a folder of clips or a manifest is expected`);
  const manifest = kind.isDirectory() ? join(path, MANIFEST) : path;
  const dataset = existsSync(manifest) ? fromManifest(manifest, options) : fromFolder(path);
  return selected(dataset, path, options);
}

function selected(dataset: Dataset, path: string, { split, clips, root }: DatasetOptions): Dataset {
  const ofSplit = dataset.entries.filter((entry) => split === undefined || entry.split === split);
  if (ofSplit.length === 0) {
    const splits = [...new Set(dataset.entries.map((entry) => entry.split ?? '(none)'))].join(', ');
    throw new EvaluationError(`${path}: no clip has the split ${split}; there are ${splits}`);
  }
  const entries = ofSplit.slice(0, clips);
  if (!entries.some((entry) => existsSync(entry.path))) {
    throw new EvaluationError(
      `${path}: none of its ${entries.length} clips is there (${entries[0]!.path} is the first); ` +
        `${root === undefined ? 'name the folder of the media with --root' : 'check --root'}`,
    );
  }
  return { ...dataset, entries };
}

function fromManifest(path: string, options: DatasetOptions): Dataset {
  const manifest = parseManifest(readJson(path), path);
  const own = dirname(path);
  const root = resolve(options.root ?? own);
  const names = new Map<string, number>();
  const entries = manifest.clips.map((listed, i): DatasetEntry => {
    const where = `${path}: clips[${i}] (${listed.clip})`;
    const name = withoutEnding(listed.clip);
    const earlier = names.get(name);
    if (earlier !== undefined)
      throw new EvaluationError(`${where}: has the name of clips[${earlier}]; names must differ`);
    names.set(name, i);
    const { events, offset } = eventsOf(listed.events, own, where);
    return {
      ...{ name, path: join(root, listed.clip), sound: soundOf(listed.sound, root), events },
      ...{ offset: listed.offset ?? offset ?? 0, class: listed.class, split: listed.split },
      licence: listed.licence ?? manifest.licence,
    };
  });
  return { name: manifest.name, description: manifest.description, licence: manifest.licence, entries };
}

/** Inline, or of a file beside the manifest. */
function eventsOf(
  listed: ListedClip['events'],
  folder: string,
  where: string,
): { events?: readonly ReferenceEvent[]; offset?: number | undefined } {
  if (typeof listed !== 'string') return { ...(listed && { events: listed }) };
  return readEventsFile(join(folder, listed), where);
}

function soundOf(listed: string | undefined, root: string): DatasetEntry['sound'] {
  if (listed === undefined) return 'own if any';
  return listed === 'own' || listed === 'none' ? listed : { path: join(root, listed) };
}

function readJson(path: string): unknown {
  const text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  return parseJson(text, (cause) => new EvaluationError(`${path}: is no manifest: ${cause.message}`, { cause }));
}

function parseManifest(json: unknown, path: string): DatasetManifest {
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const { at, message } = nearestFault(parsed.error.issues[0]!);
  const keys = at.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  const clip = (json as { clips?: { clip?: unknown }[] } | null)?.clips?.[at[0] === 'clips' ? Number(at[1]) : -1]?.clip;
  const which = typeof clip === 'string' ? ` (${clip})` : '';
  throw new EvaluationError(`${path}: ${keys.slice(1) || 'the whole'}${which}: ${message}; see docs/evaluation.md`);
}

/** Where a value may have several forms, the fault of the form that it comes nearest to. */
function nearestFault({ path, message, ...issue }: z.core.$ZodIssue): Fault {
  const own: Fault = { at: [...path], message, ofType: issue.code === 'invalid_type' };
  if (issue.code !== 'invalid_union') return own;
  const faults = issue.errors.flatMap((each) => each.slice(0, 1).map(nearestFault));
  const [nearest = own] = faults.sort((a, b) => b.at.length - a.at.length || Number(a.ofType) - Number(b.ofType));
  return { ...nearest, at: [...path, ...nearest.at] };
}

interface Fault {
  at: PropertyKey[];
  message: string;
  /** The value is of another type than the form has. */
  ofType: boolean;
}

/** Every video in the folder, by name; events come from the true audio, or from the video where there is none. */
function fromFolder(folder: string): Dataset {
  const kind = statSync(folder);
  const files = kind.isDirectory() ? readdirSync(folder).filter(isVideo).sort() : [];
  if (files.length === 0) {
    throw new EvaluationError(`${folder}: holds neither a ${MANIFEST} nor videos (${VIDEO_ENDINGS.join(', ')})`);
  }
  const entries = files.map((file) => ({
    ...{ name: withoutEnding(file), path: join(folder, file), sound: 'own if any' as const, offset: 0 },
  }));
  const repeated = entries.find(({ name }, i) => entries.findIndex((other) => other.name === name) !== i);
  if (repeated) throw new EvaluationError(`${folder}: two videos are named ${repeated.name}; rename one`);
  return { name: basename(resolve(folder)), entries };
}

const isVideo = (file: string): boolean => VIDEO_ENDINGS.includes(extname(file).toLowerCase());
const withoutEnding = (file: string): string => file.slice(0, file.length - extname(file).length);
