/**
 * Many clips of the foley world, in an order that a seed decides, made by threads beside the training.
 *
 * A training that goes on where it stopped sets `position` and gets the very clips it would have got.
 */
import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { type ClipOptions, type Split, WORLD_VERSION, type WorldClip, worldSeed } from '../../foley/clip.js';
import { Random } from '../../foley/random.js';
import { clipsInOrder } from '../../foley/worker-pool.js';
import { type Arrays, ClipStore, ClipStoreWriter, type StoredRecord } from './clip-store.js';

/** Everything about a clip but its pictures and its sound. */
export type ClipFacts = Omit<WorldClip, 'frames' | 'times' | 'sound'>;

/**
 * One clip as a dataset hands it out. `arrays.sound` is always there (Int16Array, 16 kHz mono); beside it stand
 * `frames` (Uint8Array [frameCount, size, size, channels]) and `times` (Float64Array [frameCount], seconds), or what
 * the transform made of them.
 */
export type DatasetItem = StoredRecord<ClipFacts>;

/** What to keep instead of `frames` and `times`, such as flow grids. Runs on the main thread, once a clip. */
export interface ClipTransform {
  /** Names what it does and its version: caches are kept by it. */
  key: string;
  apply(clip: WorldClip): Arrays | Promise<Arrays>;
}

export interface WorldDatasetOptions {
  /** Decides the order of clips. */
  seed: number;
  /** How many different clips there are; an epoch shows each once. */
  count: number;
  /** Default 'train'. */
  split?: Split;
  /** Index of the first clip within the split; default 0. */
  first?: number;
  clip?: ClipOptions;
  transform?: ClipTransform;
  /**
   * 'disk': made once and read from a file ever after (about .6 MB for a gray 4-second clip without a transform);
   * 'memory': made once a run; 'none' (default): made again in each epoch.
   */
  cache?: 'disk' | 'memory' | 'none';
  /** Where cache files lie; default: this user's cache folder. */
  folder?: string;
  /** Default: as many as the machine runs at a time. */
  threads?: number;
  /** Called while a cache is filled. */
  onProgress?: (made: number, count: number) => void;
  /** Stops the filling of a cache; what was made of its file is removed. */
  signal?: AbortSignal;
}

export class WorldDataset {
  readonly count: number;
  private readonly options: WorldDatasetOptions;
  private readonly threads: number;
  private readAt: number = 0;
  private order: { epoch: number; indices: Int32Array } = { epoch: -1, indices: new Int32Array(0) };
  private kept: ((index: number) => DatasetItem) | undefined;
  private store: ClipStore<ClipFacts> | undefined;
  private stream: AsyncGenerator<WorldClip, void, undefined> | undefined;

  /** @throws RangeError where count is not a whole number of at least 1 */
  constructor(options: WorldDatasetOptions) {
    if (!Number.isInteger(options.count) || options.count < 1) {
      throw new RangeError(`WorldDataset: count is ${options.count}; expected a whole number of at least 1`);
    }
    this.options = options;
    this.count = options.count;
    this.threads = options.threads ?? availableParallelism();
  }

  /** Items handed out so far; set it to go on from there. */
  get position(): number {
    return this.readAt;
  }

  set position(position: number) {
    this.readAt = position;
    void this.stream?.return();
    this.stream = undefined;
  }

  /** Fills or opens the cache, if there is one. `next` calls it by itself. */
  async prepare(): Promise<void> {
    if (this.kept || (this.options.cache ?? 'none') === 'none') return;
    if (this.options.cache === 'memory') {
      const items: DatasetItem[] = [];
      await this.make((item) => items.push(item));
      this.kept = (index) => items[index];
      return;
    }
    const store = (this.store = ClipStore.openWhole<ClipFacts>(this.cachePath) ?? (await this.fillCache()));
    this.kept = (index) => store.read(index);
  }

  /** The next `batch` items in the order of the seed; epochs follow one another without a break. */
  async next(batch: number): Promise<DatasetItem[]> {
    await this.prepare();
    const items: DatasetItem[] = [];
    while (items.length < batch) {
      items.push(this.kept ? this.kept(this.indexAt(this.readAt)) : await this.fresh());
      this.readAt++;
    }
    return items;
  }

  /** The file of this dataset's cache: named by everything that its contents depend on. */
  get cachePath(): string {
    const { split = 'train', first = 0, clip = {}, transform } = this.options;
    const settings = Object.entries(clip).sort(([a], [b]) => (a < b ? -1 : 1));
    const contents = [WORLD_VERSION, split, first, this.count, settings, transform?.key ?? null];
    const hash = createHash('sha256').update(JSON.stringify(contents)).digest('hex').slice(0, 16);
    const folder = this.options.folder ?? join(envPaths('onset', { suffix: '' }).cache, 'world');
    return join(folder, `${split}-${this.count}-${hash}.clips`);
  }

  /** Ends threads and closes the cache file. */
  async dispose(): Promise<void> {
    await this.stream?.return();
    this.stream = undefined;
    this.store?.dispose();
    this.store = undefined;
    this.kept = undefined;
  }

  private async fillCache(): Promise<ClipStore<ClipFacts>> {
    const writer = new ClipStoreWriter<ClipFacts>(this.cachePath);
    try {
      await this.make((item) => writer.append(item));
      writer.finish();
    } finally {
      writer.abandon();
    }
    return new ClipStore<ClipFacts>(this.cachePath);
  }

  private async make(keep: (item: DatasetItem) => void): Promise<void> {
    const seeds = Array.from({ length: this.count }, (_, index) => this.seedOf(index));
    let made = 0;
    for await (const clip of clipsInOrder(seeds, this.options.clip ?? {}, Math.min(this.threads, this.count))) {
      this.options.signal?.throwIfAborted();
      keep(await this.toItem(clip));
      this.options.onProgress?.(++made, this.count);
    }
  }

  private async fresh(): Promise<DatasetItem> {
    this.stream ??= clipsInOrder(this.seedsFrom(this.readAt), this.options.clip ?? {}, this.threads);
    const { value } = await this.stream.next();
    return this.toItem(value as WorldClip);
  }

  private *seedsFrom(position: number): Generator<number> {
    for (let at = position; ; at++) yield this.seedOf(this.indexAt(at));
  }

  private seedOf(index: number): number {
    return worldSeed(this.options.split ?? 'train', (this.options.first ?? 0) + index);
  }

  private async toItem(clip: WorldClip): Promise<DatasetItem> {
    const { frames, times, sound, ...facts } = clip;
    const pictures = this.options.transform ? await this.options.transform.apply(clip) : { frames, times };
    return { facts, arrays: { ...pictures, sound: toInt16(sound) } };
  }

  /** Each epoch is a shuffle of its own (Fisher and Yates). */
  private indexAt(position: number): number {
    const epoch = Math.floor(position / this.count);
    if (epoch !== this.order.epoch) {
      const random = new Random(this.options.seed, `order of epoch ${epoch}`);
      const indices = Int32Array.from({ length: this.count }, (_, i) => i);
      for (let i = this.count - 1; i > 0; i--) {
        const j = random.integer(i + 1);
        [indices[i], indices[j]] = [indices[j], indices[i]];
      }
      this.order = { epoch, indices };
    }
    return this.order.indices[position % this.count];
  }
}

export function toInt16(sound: Float32Array): Int16Array {
  return Int16Array.from(sound, (value) => Math.round(Math.min(1, Math.max(-1, value)) * 32767));
}

/** An item's sound in [−1, 1]. */
export function soundOf(item: DatasetItem): Float32Array {
  return Float32Array.from(item.arrays.sound, (value) => value / 32767);
}
