/** The sounds of systems, kept on disk where they are dear to make, and where a report plays them. */

import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { replaceFile } from '../../weights/index.js';
import { readWav, writeWav } from '../media/index.js';
import type { SoundEvent } from '../video-to-audio.js';
import type { DatasetClip } from './datasets/dataset.js';
import type { SoundOf, System, SystemSound } from './systems/system.js';

/** Changes whenever the files do. */
const VERSION = 1;

/** What lies beside a sound, written after it: a sound that has it is whole. */
interface StoredFacts {
  /** Of the clip's file, when the sound was made. */
  clip: string;
  events?: readonly SoundEvent[];
}

/**
 * A folder with a folder for each system, in it one for each seed, in it `CLIP.wav`: any of these is a folder of sounds that
 * can be evaluated like another's. A system's folder is named by a hash of its `cacheKey`, so other weights or options are
 * other sounds.
 */
export class SoundStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * The sound of a system for a clip: from the disk, or made, and kept there if the system has a `cacheKey`. Samples are
   * those of the 16-bit file also when it was just made, so that a resumed evaluation gives the same figures.
   *
   * @throws what the system throws
   */
  readonly soundOf: SoundOf = async (system, clip, call) => {
    if (system.cacheKey === undefined) return system.soundFor(clip, call);
    const path = this.pathOf(system, clip, call.seed);
    const kept = await readSound(path, clip);
    if (kept) return kept;
    const made = await system.soundFor(clip, call);
    if (!made) return undefined;
    await this.#write(path, made);
    const facts: StoredFacts = { clip: identityOf(clip), ...(made.events && { events: made.events }) };
    await replaceFile(factsPath(path), [new TextEncoder().encode(JSON.stringify(facts))]);
    return readSound(path, clip);
  };

  /** Makes sure that a sound of a system is on the disk, to be heard; returns its path. */
  async keep(system: System, clip: DatasetClip, seed: number, sound: SystemSound): Promise<string> {
    const path = this.pathOf(system, clip, seed);
    if (system.cacheKey === undefined || !existsSync(path)) await this.#write(path, sound);
    return path;
  }

  /** The file of a sound; it need not be there. */
  pathOf({ name, cacheKey, seeded }: System, clip: DatasetClip, seed: number): string {
    const key = typeof cacheKey === 'function' ? cacheKey(seed) : cacheKey;
    const hash = createHash('sha256')
      .update(JSON.stringify([VERSION, key ?? null]))
      .digest('hex');
    const system = `${plain(name)}${cacheKey === undefined ? '' : `-${hash.slice(0, 8)}`}`;
    const parts = clip.name.split(/[/\\]/).map((part) => (part === '..' ? '__' : part));
    return `${join(this.folder, system, seeded ? `seed-${seed}` : '', ...parts)}.wav`;
  }

  async #write(path: string, { samples, sampleRate }: SystemSound): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await rm(factsPath(path), { force: true });
    await writeWav(path, [samples], sampleRate);
  }
}

/** Undefined where there is none, it is damaged, or the clip's file was another one. */
async function readSound(path: string, clip: DatasetClip): Promise<SystemSound | undefined> {
  try {
    const facts = JSON.parse(await readFile(factsPath(path), 'utf8')) as StoredFacts;
    if (facts.clip !== identityOf(clip)) return undefined;
    const { channels, sampleRate } = await readWav(path);
    return channels[0] && { samples: channels[0], sampleRate, events: facts.events };
  } catch {
    return undefined;
  }
}

const factsPath = (path: string): string => path.replace(/\.wav$/, '.json');

/** Tells the clip's file apart from one that came in its place. */
function identityOf({ path }: DatasetClip): string {
  const { size, mtimeMs } = statSync(path);
  return `${path} ${size} ${mtimeMs}`;
}

/** A name that any file system takes. */
const plain = (name: string): string => name.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '') || 'system';
