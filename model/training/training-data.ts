/** The data of a training, read or made: what the codec hears, what encoder and generator see and hear, and its provenance. */

import type { Manifest } from '../../weights/index.js';
import { SAMPLE_RATE, TOKEN_RATE } from '../onset/index.js';
import {
  ClipMixture,
  footageClips,
  type SoundClip,
  SoundFolderError,
  SoundMixture,
  type SoundSource,
  selectFootage,
  soundFolder,
  type TrainingClip,
  worldClips,
  worldSounds,
} from './data/index.js';
import type { TrainOptions } from './train.js';

type TrainedWith = Manifest['trainedWith'];

export interface TrainingData {
  codec: SoundMixture;
  /** What encoder and generator are trained on; nothing where only sound was asked for. */
  generator: ClipMixture;
  provenance: Pick<TrainedWith, 'footage' | 'sounds'>;
  /** All that the data depends on: what it is, not where it lies. */
  facts: object;
}

export interface DataNeeds {
  /** Of the world only its sound is made; there is nothing for encoder and generator. */
  onlySound?: boolean;
}

/** Footage and sounds come first, because their faults show at once; the clips of the world may take an hour to make. */
export async function readTrainingData(
  options: TrainOptions,
  { onlySound = false }: DataNeeds = {},
): Promise<TrainingData> {
  const { sources, provenance: sounds } = await readSounds(options);
  const { codec: clips, generator, footage } = await readClips(options, onlySound);
  const rest = Math.max(0, 1 - sources.reduce((sum, { share }) => sum + share, 0));
  const { share } = clips;
  const codec = new SoundMixture([
    ...sources,
    { clips: clips.world, share: rest * (1 - share) },
    { clips: clips.footage, share: rest * share },
  ]);
  return {
    codec,
    generator,
    provenance: { footage, sounds },
    facts: { ...options.config.data, footage, sounds },
  };
}

/** The folders of sounds; what is shorter than a crop is left out, and a note says so. */
async function readSounds({ config, onData, onNote, signal }: TrainOptions): Promise<{
  sources: SoundSource[];
  provenance: TrainedWith['sounds'];
}> {
  const { crop } = config.codec;
  const sources: SoundSource[] = [];
  const provenance: NonNullable<TrainedWith['sounds']> = [];
  for (const source of config.data.sounds ?? []) {
    const { folder, match, share } = source;
    const { clips, sha256 } = await soundFolder(source, { onProgress: onData, signal });
    const used = clips.filter(({ sound }) => sound.length >= crop);
    if (used.length === 0) {
      throw new SoundFolderError(
        `${folder}: none of its ${clips.length} sounds lasts ${crop} samples, a crop of the codec`,
      );
    }
    const short = clips.length - used.length;
    const left = short > 0 ? ` (${short} shorter than a crop of ${crop} samples)` : '';
    onNote?.(`sounds: ${used.length} of ${clips.length} for a share of ${share} of the codec's samples${left}`);
    sources.push({ clips: used, share });
    provenance.push({ ...(match !== undefined && { match }), sha256, clips: used.length, share });
  }
  return { sources, provenance: provenance.length > 0 ? provenance : undefined };
}

interface Clips {
  codec: { world: readonly SoundClip[]; footage: readonly TrainingClip[]; share: number };
  generator: ClipMixture;
  footage: TrainedWith['footage'];
}

async function readClips({ engine, config, onData, onNote, signal }: TrainOptions, onlySound: boolean): Promise<Clips> {
  const { world } = config.data;
  const progress = { onProgress: onData, signal };
  const { folder = '', share = 0 } = config.data.footage ?? {};
  const made = async (): Promise<TrainingClip[]> =>
    share < 1 && !onlySound ? worldClips(engine, world, progress) : [];
  const heard = (clips: TrainingClip[]): SoundClip[] => (share < 1 && onlySound ? worldSounds(world, progress) : clips);
  if (share === 0) {
    const clips = await made();
    return {
      codec: { world: heard(clips), footage: [], share },
      generator: new ClipMixture(clips),
      footage: undefined,
    };
  }
  const { clips, provenance } = await footageClips(engine, folder, { size: world.size, ...progress });
  const { codec, generator, summary } = selectFootage(clips, {
    codec: config.codec.crop / SAMPLE_RATE,
    generator: Math.max(config.encoder.tokens, config.generator.tokens) / TOKEN_RATE,
  });
  onNote?.(summary);
  const worldly = await made();
  return {
    codec: { world: heard(worldly), footage: codec, share },
    generator: new ClipMixture(worldly, generator, share),
    footage: { ...provenance, share },
  };
}
