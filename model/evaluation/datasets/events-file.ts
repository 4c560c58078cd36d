/** Annotated events: lists in JSON, and label tracks as Audacity writes them. */

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { EvaluationError } from '../errors.js';
import type { ReferenceEvent } from '../metrics/event-matching.js';

const seconds = z.number().min(0);

const event = z.union([
  seconds.transform((time): ReferenceEvent => ({ time })),
  z.strictObject({
    time: seconds,
    optional: z.boolean().optional(),
    strength: z.number().positive().max(1).optional(),
  }),
]);

/** Seconds, or objects with `time`, `optional`, `strength`; sorted by time. */
export const eventList: z.ZodType<ReferenceEvent[]> = z
  .array(event)
  .transform((events) => events.map(withoutUndefined).sort((a, b) => a.time - b.time));

const eventsFile = z.union([
  eventList.transform((events) => ({ events, offset: undefined })),
  z.strictObject({ events: eventList, offset: z.number().min(-5).max(5).optional() }),
]);

/**
 * Events of a file: JSON (a list, or an object with `events` and `offset`), or lines of `start end label` separated by
 * tabs, where only the start counts and the label `optional` says what it says.
 *
 * @param where names the entry of the manifest in messages
 * @throws {EvaluationError} when it cannot be read or is neither
 */
export function readEventsFile(
  path: string,
  where: string,
): { events: readonly ReferenceEvent[]; offset?: number | undefined } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new EvaluationError(`${where}: its events file ${path} cannot be read (${code})`, { cause });
  }
  if (!/^\s*[[{]/.test(text)) return { events: labelTrack(text, `${where}: ${path}`) };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new EvaluationError(`${where}: ${path}: ${(cause as Error).message}`, { cause });
  }
  const parsed = eventsFile.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new EvaluationError(
    `${where}: ${path}: a list of seconds, or of { time, optional }, is expected, or { events, offset } with such a list`,
  );
}

function labelTrack(text: string, where: string): ReferenceEvent[] {
  const events: ReferenceEvent[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [start = '', , label = ''] = line.split('\t');
    const time = Number(start);
    if (start.trim() === '' || !(time >= 0)) {
      throw new EvaluationError(`${where}: line ${i + 1} begins with "${start.slice(0, 40)}"; seconds are expected`);
    }
    events.push({ time, ...(label.trim() === 'optional' && { optional: true }) });
  }
  return events.sort((a, b) => a.time - b.time);
}

/** Without the keys that zod leaves undefined. */
function withoutUndefined({ time, optional, strength }: ReferenceEvent): ReferenceEvent {
  return { time, ...(optional && { optional }), ...(strength !== undefined && { strength }) };
}
