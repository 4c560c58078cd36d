/** Short-time Fourier transforms: forward, inverse, and the real spectra read off them. All are differentiable. */

import { lower } from '../../kernels/kernel.js';
import type { FramingAttributes } from '../../kernels/stft/framing.js';
import { istftFamily } from '../../kernels/stft/istft.js';
import {
  type ModulusAttributes,
  type ModulusKind,
  modulusFamily,
  modulusGradientFamily,
} from '../../kernels/stft/modulus.js';
import { type SpectrumOutput, type StftAttributes, stftFamily } from '../../kernels/stft/stft.js';
import { ShapeError } from '../errors.js';
import type { Graph, Op, Tensor } from '../graph.js';

const stftOp: Op<StftAttributes & { frames: number }> = {
  name: 'stft',
  infer([x, window], { frames, output, hop, left, mirror }) {
    if (x!.shape.length !== 2) throw new ShapeError('the signal needs the shape [batch, samples]; reshape it');
    const samples = x!.shape[1]!;
    const nFft = window!.shape[0]!;
    const after = (frames - 1) * hop + nFft - left - samples;
    if (mirror && (left >= samples || after >= samples)) {
      throw new ShapeError(
        `${samples} samples are too few to mirror ${Math.max(left, after)} of padding; give a longer signal, a smaller nFft, or framing 'same'`,
      );
    }
    const bins = [x!.shape[0]!, frames, nFft / 2 + 1];
    return [{ shape: output === 'complex' ? [...bins, 2] : bins, dtype: x!.dtype }];
  },
  lower: (profile, problem, forced) => lower(stftFamily, profile, problem, forced),
  gradient({ inputs: [x, window], grads: [g], attrs, needs }) {
    if (!needs[0]) return [null, null];
    const samples = x!.shape[1]!;
    if (attrs.output === 'complex') return [x!.graph.apply(istftOp, [g!, window!], { ...attrs, samples })[0]!, null];
    const spectrum = x!.graph.apply(stftOp, [x!, window!], { ...attrs, output: 'complex' })[0]!;
    const slope = modulusGradient(spectrum, g!, { kind: attrs.output, eps: 0, floor: attrs.floor });
    return [x!.graph.apply(istftOp, [slope, window!], { ...attrs, samples })[0]!, null];
  },
};

const istftOp: Op<FramingAttributes & { samples: number }> = {
  name: 'istft',
  infer([spectrum, window], { samples }) {
    const [batch, , bins, parts] = spectrum!.shape;
    const expected = window!.shape[0]! / 2 + 1;
    if (spectrum!.shape.length !== 4 || bins !== expected || parts !== 2) {
      throw new ShapeError(`the spectrum needs the shape [batch, frames, ${expected}, 2] for nFft ${window!.shape[0]}`);
    }
    return [{ shape: [batch!, samples], dtype: spectrum!.dtype }];
  },
  // The families read what they know of the attributes; `output` may come along from a forward transform.
  lower: (profile, problem, forced) => lower(istftFamily, profile, problem, forced),
  gradient({ inputs: [spectrum, window], grads: [g], attrs, needs }) {
    if (!needs[0]) return [null, null];
    const frames = spectrum!.shape[1]!;
    return [g!.graph.apply(stftOp, [g!, window!], { ...attrs, frames, output: 'complex', floor: 0 })[0]!, null];
  },
};

const modulusOp: Op<ModulusAttributes> = {
  name: 'modulus',
  infer([x]) {
    if (x!.shape.length < 2 || x!.shape.at(-1) !== 2) {
      throw new ShapeError(
        'complex numbers need the shape [..., 2], the last dimension being real and imaginary parts',
      );
    }
    return [{ shape: x!.shape.slice(0, -1), dtype: x!.dtype }];
  },
  lower: (profile, problem, forced) => lower(modulusFamily, profile, problem, forced),
  gradient: ({ inputs: [x], grads: [g], attrs }) => [modulusGradient(x!, g!, attrs)],
};

const modulusGradientOp: Op<ModulusAttributes> = {
  name: 'modulus-gradient',
  infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  lower: (profile, problem, forced) => lower(modulusGradientFamily, profile, problem, forced),
};

const modulusGradient = (x: Tensor, g: Tensor, attrs: ModulusAttributes): Tensor =>
  x.graph.apply(modulusGradientOp, [x, g], attrs)[0]!;

/** Hann window, periodic (as for spectral analysis, not for filters): `length` values in 0 … 1. */
export function hannWindow(length: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
}

/**
 * Where frames lie. `center`: frame t is centred on sample t·hop, and the forward transform mirrors the signal past its
 * ends (torch.stft with center=True, pad_mode='reflect'). `same`: frame t is centred on the middle of the t-th hop,
 * between zeros, so that a signal of T·hop samples has T frames.
 */
export type Framing = 'center' | 'same';

export interface StftOptions {
  /** FFT size, even. 256, 512, 640, 1024, 2048 and other 32·m (m a multiple of 4 up to 64) are fast. */
  nFft: number;
  /** Samples from one frame to the next. */
  hop: number;
  /** Up to nFft values, centred in the frame; a Hann window of nFft when absent. Not differentiated. */
  window?: Float32Array;
  framing?: Framing;
}

export interface SpectrumOptions extends StftOptions {
  /** `complex` (the default) has a last dimension of 2: real and imaginary parts. The others are fused in. */
  output?: SpectrumOutput;
  /** Least magnitude of the `log` output; 1e-5 when absent. */
  floor?: number;
}

/**
 * Short-time Fourier transform of x [B, S] → [B, T, nFft/2 + 1, 2], or [B, T, nFft/2 + 1] for real outputs; not scaled.
 * T is 1 + ⌊S / hop⌋ for `center` and ⌈S / hop⌉ for `same`. The gradient is the exact adjoint.
 * @throws {ShapeError} when the signal is too short to mirror, or sizes do not fit
 */
export function stft(x: Tensor, options: SpectrumOptions): Tensor {
  const { hop, framing = 'center', output = 'complex', floor = 1e-5 } = options;
  const window = windowOf(x.graph, options);
  const samples = x.shape.at(-1)!;
  const frames = framing === 'center' ? 1 + Math.floor(samples / hop) : Math.ceil(samples / hop);
  const attrs = {
    hop,
    left: leftOf(options),
    mirror: framing === 'center',
    edge: 1,
    interior: 1,
    envelope: 0,
    output,
    floor,
    frames,
  };
  return x.graph.apply(stftOp, [x, window], attrs)[0]!;
}

export interface IstftOptions extends StftOptions {
  /** Length of the signal; (T − 1)·hop for `center` and T·hop for `same` when absent. */
  samples?: number;
  /** Divide by Σ window² (the default): the inverse of `stft` with the same options. */
  normalise?: boolean;
}

/** Where windows add up to less than this, an inverse transform divides by this. */
const LEAST_ENVELOPE = 1e-3;

/**
 * Inverse short-time Fourier transform: spectrum [B, T, nFft/2 + 1, 2] → signal [B, samples], by inverse real FFTs (the
 * imaginary parts of bins 0 and nFft/2 are ignored), the window, and overlap-add.
 * @throws {ShapeError} when sizes do not fit
 */
export function istft(spectrum: Tensor, options: IstftOptions): Tensor {
  const { nFft, hop, framing = 'center', normalise = true } = options;
  const window = windowOf(spectrum.graph, options);
  const frames = spectrum.shape[1] ?? 0;
  const samples = options.samples ?? (framing === 'center' ? (frames - 1) * hop : frames * hop);
  if (!Number.isInteger(samples) || samples < 1) {
    throw new ShapeError(
      `istft: ${frames} frames, hop ${hop}: the signal would have ${samples} samples; give samples ≥ 1`,
    );
  }
  const attrs = {
    hop,
    left: leftOf(options),
    mirror: false,
    edge: 1 / nFft,
    interior: 2 / nFft,
    envelope: normalise ? LEAST_ENVELOPE : 0,
    samples,
  };
  return spectrum.graph.apply(istftOp, [spectrum, window], attrs)[0]!;
}

/**
 * Magnitude √(re² + im² + eps), power re² + im², or log max(√(re² + im²), floor) of complex numbers [..., 2] → [...].
 * @throws {ShapeError} when the last dimension is not 2
 */
export function modulus(
  x: Tensor,
  kind: ModulusKind = 'magnitude',
  options: { eps?: number; floor?: number } = {},
): Tensor {
  return x.graph.apply(modulusOp, [x], { kind, eps: options.eps ?? 0, floor: options.floor ?? 1e-5 })[0]!;
}

function windowOf(graph: Graph, { nFft, hop, window }: StftOptions): Tensor {
  if (!Number.isInteger(nFft) || nFft < 2 || nFft % 2 !== 0)
    throw new ShapeError(`nFft must be even and positive, not ${nFft}`);
  if (!Number.isInteger(hop) || hop < 1) throw new ShapeError(`hop must be a positive number of samples, not ${hop}`);
  const values = window ?? hannWindow(nFft);
  if (values.length > nFft || values.length < 1) {
    throw new ShapeError(`the window has ${values.length} values; it needs 1 to nFft = ${nFft}`);
  }
  const centred = new Float32Array(nFft);
  centred.set(values, Math.floor((nFft - values.length) / 2));
  return graph.constant(centred);
}

function leftOf({ nFft, hop, framing = 'center' }: StftOptions): number {
  return framing === 'center' ? nFft / 2 : Math.max(0, Math.floor((nFft - hop) / 2));
}
