/**
 * The alignment heads: from each token, onset probabilities and energies (tracks), and from all of them, the sound class. The
 * tracks are embedded and added to the tokens, so that an edited track changes the sound.
 */

import { add, concat, gather, mean, reshape, sigmoid, slice, split, type Tensor, where } from '../../engine/engine.js';
import { linear, type Parameters } from '../networks/index.js';
import type { EmbeddingsConfig } from './config.js';

/** Steps of 10 ms in one 25 Hz token. */
export const SUBSTEPS = 4;
/** Sub-steps of onset, then of log energy. */
export const TRACKS: number = 2 * SUBSTEPS;

export interface Alignment {
  /** [B, T, 4]: onset logits of the four sub-steps. */
  onsetLogits: Tensor;
  /** [B, T, 4]: log energy, scaled as the energy target of training. */
  energy: Tensor;
  /** [B, classes]. */
  classLogits: Tensor;
}

export function alignmentHeads(p: Parameters, tokens: Tensor, classes: number): Alignment {
  return p.in('heads', () => {
    const tracks = linear(p, 'tracks', tokens, TRACKS);
    const [onsetLogits, energy] = split(tracks, 2, [SUBSTEPS, SUBSTEPS]) as [Tensor, Tensor];
    return {
      onsetLogits,
      energy,
      classLogits: linear(p, 'class', mean(tokens, [1]), classes),
    };
  });
}

/** The predicted tracks as the generator takes them: onset probabilities and energies [B, T, 8]. */
export const predictedTracks = ({ onsetLogits, energy }: Alignment): Tensor =>
  concat([sigmoid(onsetLogits), energy], 2);

export interface Conditioning {
  /** [B, T, width]. */
  aligned: Tensor;
  /** [B, width]; absent where the model embeds no class. */
  global?: Tensor;
}

/**
 * Tokens [B, T, width], tracks [B, T, 8] and class indices u32 [B] → the denoiser's conditioning. Where `keep` [B] is 0 the
 * whole condition is replaced by a learnt null one (for classifier-free guidance); the class is then index `classes`. Of
 * tracks and class, only what `embeddings` names is used.
 */
export function embedCondition(
  p: Parameters,
  {
    tokens,
    tracks,
    classIndex,
    keep,
    classes,
    embeddings,
  }: {
    tokens: Tensor;
    tracks: Tensor;
    classIndex: Tensor;
    keep: Tensor;
    classes: number;
    embeddings: Required<EmbeddingsConfig>;
  },
): Conditioning {
  return p.in('condition', () => {
    const [batch, , width] = tokens.shape as [number, number, number];
    const nullCondition = p.get('null', [1, 1, width], { kind: 'zeros' });
    const embedded = embeddedTracks(tracks, embeddings);
    const condition = embedded ? add(tokens, linear(p, 'tracks', embedded, width)) : tokens;
    const keepMask = reshape(keep, [batch, 1, 1]);
    const aligned = where(keepMask, condition, nullCondition);
    if (!embeddings.class) return { aligned };
    const classEmbeddings = p.get('class', [classes + 1, width], { kind: 'normal', deviation: 1 });
    return { aligned, global: gather(classEmbeddings, classIndex) };
  });
}

/** The tracks that are embedded, [B, T, 8] or, of one of them, [B, T, 4]. */
function embeddedTracks(tracks: Tensor, { onset, energy }: Required<EmbeddingsConfig>): Tensor | undefined {
  if (onset && energy) return tracks;
  if (onset) return slice(tracks, 2, 0, SUBSTEPS);
  return energy ? slice(tracks, 2, SUBSTEPS, TRACKS) : undefined;
}
