/** Opens a clip of a dataset: its picture, its true sound, and the moments that should sound. */

import { decodeAudio, type MediaOptions, NoAudioStreamError, openClip } from '../../media/index.js';
import { EvaluationError } from '../errors.js';
import type { ReferenceEvent } from '../metrics/event-matching.js';
import { detectOnsets } from '../metrics/onset-detection.js';
import { type DatasetClip, type DatasetEntry, SOUND_RATE } from './dataset.js';
import { frameDifferencePeaks } from './frame-differences.js';

/**
 * Opens a clip. Events that are not annotated are the onsets of the true sound, less the clip's offset; without a sound,
 * the peaks of the difference between frames, which say much less (`eventSource` tells).
 *
 * @throws {MediaError} when picture or sound cannot be read, {EvaluationError} for an event past the clip's end, or the
 * signal's reason
 */
export async function openDatasetClip(entry: DatasetEntry, { signal }: MediaOptions = {}): Promise<DatasetClip> {
  const clip = await openClip(entry.path, { signal });
  const { seconds } = clip;
  const beyond = entry.events?.find(({ time }) => time > seconds);
  if (beyond) {
    throw new EvaluationError(
      `${entry.name}: an event at ${beyond.time} s lies past the end of the clip, which lasts ${seconds.toFixed(2)} s`,
    );
  }
  const sound = await trueSound(entry, seconds, { signal });
  const found = entry.events ? undefined : await findEvents(clip, sound, entry.offset, { signal });
  const events = entry.events ?? found!.events;
  const eventSource = events.length === 0 ? 'none' : (found?.eventSource ?? 'annotation');
  const { name, path, offset, class: soundClass, licence, split } = entry;
  return { name, path, clip, seconds, sound, events, eventSource, offset, class: soundClass, licence, split };
}

async function trueSound(
  { path, sound }: DatasetEntry,
  seconds: number,
  { signal }: MediaOptions,
): Promise<Float32Array | undefined> {
  if (sound === 'none') return undefined;
  try {
    const source = typeof sound === 'string' ? path : sound.path;
    const samples = await decodeAudio(source, { sampleRate: SOUND_RATE, duration: seconds, signal });
    return toLength(samples, Math.round(seconds * SOUND_RATE));
  } catch (error) {
    if (sound === 'own if any' && error instanceof NoAudioStreamError) return undefined;
    throw error;
  }
}

async function findEvents(
  clip: DatasetClip['clip'],
  sound: Float32Array | undefined,
  offset: number,
  options: MediaOptions,
): Promise<Pick<DatasetClip, 'events' | 'eventSource'>> {
  const asEvents = (times: readonly number[]): ReferenceEvent[] => times.map((time) => ({ time }));
  if (!sound) return { events: asEvents(await frameDifferencePeaks(clip, options)), eventSource: 'video alone' };
  const inPicture = detectOnsets(sound, SOUND_RATE).map((time) => time - offset);
  return { events: asEvents(inPicture.filter((time) => time >= 0)), eventSource: 'true audio' };
}

/** Cut, or followed by silence, to so many samples. */
export function toLength(samples: Float32Array, length: number): Float32Array {
  if (samples.length === length) return samples;
  const fitted = new Float32Array(length);
  fitted.set(samples.subarray(0, length));
  return fitted;
}
