/**
 * Fréchet distance of two sets of embeddings, as if each were Gaussian (Heusel et al., "GANs Trained by a Two Time-Scale
 * Update Rule", NeurIPS 2017, for images; Kilgour et al., "Fréchet Audio Distance", Interspeech 2019, for sounds), and its
 * extrapolation to infinitely many sounds.
 *
 * It compares distributions: which sound belongs to which clip, and when it sounds, it cannot see. Its value depends on the
 * embedding, so that figures of different taggers must not be compared, and falls with the number of sounds.
 */

import { Matrix, QrDecomposition, SingularValueDecomposition } from 'ml-matrix';
import { Random } from '../../foley/index.js';
import { EvaluationError } from '../errors.js';

/** One embedding a sound, all of one length. */
export type Embeddings = readonly ArrayLike<number>[];

/**
 * |μ₁ − μ₂|² + tr Σ₁ + tr Σ₂ − 2 tr (Σ₁ Σ₂)^½, with means and unbiased covariances (divisor n − 1) over each set: 0 for the
 * same moments, in squared units of the embedding, without an upper bound.
 *
 * With centered embeddings as rows of X₁ and X₂, scaled by (n − 1)^−½, Σ = XᵀX, and the trace of the root is the sum of the
 * singular values of X₁X₂ᵀ. No covariance is formed and no root is taken of a product of them: it is as exact for fewer
 * sounds than dimensions, where covariances are singular and the usual `sqrtm` is not.
 *
 * @throws {EvaluationError} for a set of fewer than two sounds, embeddings of different lengths, or a value that is not finite
 */
export function frechetDistance(first: Embeddings, second: Embeddings): number {
  const dimension = requireComparable(first, second);
  const a = centered(first, dimension);
  const b = centered(second, dimension);
  const means = a.mean.reduce((sum, value, d) => sum + (value - b.mean[d]!) ** 2, 0);
  const cross = new SingularValueDecomposition(a.factor.mmul(b.factor.transpose()), {
    computeLeftSingularVectors: false,
    computeRightSingularVectors: false,
    autoTranspose: true,
  });
  const root = cross.diagonal.reduce((sum, value) => sum + value, 0);
  // A rounding error must not make a distance of equals negative.
  return Math.max(0, means + a.variance + b.variance - 2 * root);
}

export interface ExtrapolationOptions {
  /** The i-th sounds of both sets belong to one clip: they stay together in the parts. Default false. */
  paired?: boolean;
  /** Default 0; decides which sounds come into which part. */
  seed?: number;
}

export interface FrechetExtrapolation {
  /**
   * The mean distance over the parts when both sets are divided into 1, 2, 3 and 4 of them, most sounds first; `sounds` of
   * the larger set are in a part. Divisions whose parts have no more sounds than the embedding has dimensions are left out.
   */
  points: readonly { sounds: number; distance: number }[];
  /** The distance that is expected of infinitely many sounds; null where there are fewer than two points. */
  distance: number | null;
}

/** Into how many parts the sets are divided. */
const DIVISIONS = [1, 2, 3, 4] as const;

/**
 * The Fréchet distance without its bias by the number of sounds (FID∞: Chong and Forsyth, "Effectively Unbiased FID and
 * Inception Score and Where to Find Them", CVPR 2020).
 *
 * The expectation of the distance of n sounds is that of infinitely many, plus a term in 1/n. It is measured with all
 * sounds, and in halves, thirds and quarters of them, drawn without replacement; the value of the least-squares line at
 * 1/n = 0 is the extrapolated one. The law is asymptotic: with fewer sounds than the embedding has dimensions it does not
 * hold, and the result may be slightly below 0 where the distributions are the same.
 *
 * @throws {EvaluationError} as `frechetDistance`, and for paired sets of different sizes
 */
export function extrapolatedFrechetDistance(
  first: Embeddings,
  second: Embeddings,
  { paired = false, seed = 0 }: ExtrapolationOptions = {},
): FrechetExtrapolation {
  const dimension = requireComparable(first, second);
  if (paired && first.length !== second.length) {
    throw new EvaluationError(
      `Fréchet distance: paired sets of ${first.length} and ${second.length} sounds; give one of each for every clip`,
    );
  }
  const orderOfFirst = randomOrder(first.length, seed, 'first set');
  const orderOfSecond = paired ? orderOfFirst : randomOrder(second.length, seed, 'second set');
  const points: { division: number; sounds: number; distance: number }[] = [];
  for (const division of DIVISIONS) {
    if (Math.floor(Math.min(first.length, second.length) / division) <= dimension) break;
    let sum = 0;
    for (let part = 0; part < division; part++) {
      sum += frechetDistance(
        partOf(first, orderOfFirst, part, division),
        partOf(second, orderOfSecond, part, division),
      );
    }
    const sounds = Math.floor(Math.max(first.length, second.length) / division);
    points.push({ division, sounds, distance: sum / division });
  }
  return {
    points: points.map(({ sounds, distance }) => ({ sounds, distance })),
    distance: points.length < 2 ? null : intercept(points.map(({ division, distance }) => [division, distance])),
  };
}

interface Moments {
  mean: Float64Array;
  /** Trace of the covariance. */
  variance: number;
  /** F with FᵀF = Σ: [min(sounds, dimension), dimension]. */
  factor: Matrix;
}

function centered(embeddings: Embeddings, dimension: number): Moments {
  const count = embeddings.length;
  const mean = new Float64Array(dimension);
  for (const each of embeddings) for (let d = 0; d < dimension; d++) mean[d]! += each[d]! / count;
  const scale = 1 / Math.sqrt(count - 1);
  const rows = new Matrix(count, dimension);
  let variance = 0;
  for (const [i, each] of embeddings.entries()) {
    for (let d = 0; d < dimension; d++) {
      const value = (each[d]! - mean[d]!) * scale;
      rows.set(i, d, value);
      variance += value * value;
    }
  }
  // X = QR has XᵀX = RᵀR: many sounds are as cheap as few.
  return { mean, variance, factor: count > dimension ? new QrDecomposition(rows).upperTriangularMatrix : rows };
}

/** The dimension of the embeddings. */
function requireComparable(first: Embeddings, second: Embeddings): number {
  const dimension = first[0]?.length ?? 0;
  for (const set of [first, second]) {
    if (set.length < 2) {
      throw new EvaluationError(`Fréchet distance: a set of ${set.length} sounds; two or more have a covariance`);
    }
    for (const [i, embedding] of set.entries()) {
      if (embedding.length !== dimension) {
        throw new EvaluationError(
          `Fréchet distance: embedding ${i} has ${embedding.length} values, others ${dimension}; take all of one tagger`,
        );
      }
      const at = Array.prototype.findIndex.call(embedding, (value: number) => !Number.isFinite(value));
      if (at >= 0) {
        throw new EvaluationError(
          `Fréchet distance: value ${at} of embedding ${i} is ${embedding[at]}; expected finite values, look at that sound`,
        );
      }
    }
  }
  return dimension;
}

/** The numbers below `count` in a random order (the Fisher-Yates shuffle). */
function randomOrder(count: number, seed: number, stream: string): number[] {
  const random = new Random(seed, `Fréchet distance, ${stream}`);
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** One of `division` parts of equal size; what remains of the division is in none. */
function partOf(set: Embeddings, order: readonly number[], part: number, division: number): Embeddings {
  const size = Math.floor(set.length / division);
  return order.slice(part * size, (part + 1) * size).map((i) => set[i]!);
}

/** Of the least-squares line through points [x, y], its value at x = 0. */
function intercept(points: readonly (readonly [number, number])[]): number {
  const mean = (axis: 0 | 1): number => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const covariance = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  const variance = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return y - (covariance / variance) * x;
}
