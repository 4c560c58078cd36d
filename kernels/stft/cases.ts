/** Ragged transforms of every size the kernels know, and the ones that training a codec runs. */

import type { CaseRandom, FamilyCases } from '../cases.js';
import { type IstftProblem, istftFamily } from './istft.js';
import {
  type ModulusAttributes,
  type ModulusGradientProblem,
  type ModulusKind,
  type ModulusProblem,
  modulusFamily,
  modulusGradientFamily,
} from './modulus.js';
import { istftReference, modulusGradientReference, modulusReference, stftReference } from './reference.js';
import { type SpectrumOutput, type StftProblem, stftFamily } from './stft.js';

interface Draw {
  batch: number;
  samples: number;
  frames: number;
  nFft: number;
  hop: number;
  left: number;
  mirror: boolean;
  edge: number;
  interior: number;
  envelope: number;
}

function draw(random: CaseRandom, dtype: 'f32' | 'f16'): Draw {
  // Each size is a kernel of its own and takes seconds to compile, and the references are direct sums: small ones mostly.
  const large = dtype === 'f32' ? 2048 : 640;
  const nFft = random.pick<number>([...Array(6).fill(128), ...Array(6).fill(256), 100, 308, 480, 640, 640, large]);
  const hop = random.pick([random.int(1, nFft), 4 * random.int(1, nFft / 4), nFft / 4]);
  const mirror = random.bool();
  const left = random.int(0, nFft / 2);
  const samples = (mirror ? left + nFft / 2 : 0) + random.int(1, 2 * nFft);
  // Mirroring shows a sample at most once a side, so frames end within one more length.
  const room = left + samples + (mirror ? Math.min(samples - 1, nFft / 2) : random.int(0, nFft)) - nFft;
  const frames = Math.max(1, Math.min(Math.floor(room / hop) + 1, nFft > 600 ? 3 : 11));
  const inverse = random.bool();
  return {
    batch: random.int(1, nFft > 600 ? 1 : 3),
    samples,
    frames,
    nFft,
    hop,
    left,
    mirror,
    edge: inverse ? 1 / nFft : 1,
    interior: inverse ? 2 / nFft : 1,
    envelope: random.bool() ? 0.05 : 0,
  };
}

/** A positive, lopsided window: errors of order or sign show. */
function windowValues(nFft: number, random: CaseRandom): Float64Array {
  const skew = random.real(0.2, 0.8);
  return Float64Array.from({ length: nFft }, (_, n) =>
    Math.fround(0.1 + Math.sin(Math.PI * ((n + 0.5) / nFft) ** (0.5 + skew)) ** 2),
  );
}

function stftProblem(d: Draw, dtype: 'f32' | 'f16', output: SpectrumOutput): StftProblem {
  const spectrum = [d.batch, d.frames, d.nFft / 2 + 1];
  const { hop, left, mirror, edge, interior, envelope } = d;
  return {
    inputs: [
      { shape: [d.batch, d.samples], dtype },
      { shape: [d.nFft], dtype: 'f32' },
    ],
    outputs: [{ shape: output === 'complex' ? [...spectrum, 2] : spectrum, dtype }],
    hop,
    left,
    mirror,
    edge,
    interior,
    envelope,
    output,
    floor: 1e-3,
  };
}

function istftProblem(d: Draw, dtype: 'f32' | 'f16'): IstftProblem {
  const { hop, left, mirror, edge, interior, envelope } = d;
  return {
    inputs: [
      { shape: [d.batch, d.frames, d.nFft / 2 + 1, 2], dtype },
      { shape: [d.nFft], dtype: 'f32' },
    ],
    outputs: [{ shape: [d.batch, d.samples], dtype }],
    hop,
    left,
    mirror,
    edge,
    interior,
    envelope,
  };
}

const normals = (count: number, random: CaseRandom): Float64Array =>
  Float64Array.from({ length: count }, () => random.normal());

/** A training step's frames: 12 signals of 20,480 samples. */
const codec = (nFft: number, hop: number): Draw => ({
  batch: 12,
  samples: 20480,
  frames: 20480 / hop + 1,
  nFft,
  hop,
  left: nFft / 2,
  mirror: true,
  edge: 1,
  interior: 1,
  envelope: 0,
});
const decoder: Draw = {
  batch: 12,
  samples: 20480,
  frames: 128,
  nFft: 640,
  hop: 160,
  left: 240,
  mirror: false,
  edge: 1 / 640,
  interior: 2 / 640,
  envelope: 1e-3,
};
const resolutions: readonly (readonly [number, number])[] = [
  [256, 64],
  [512, 128],
  [1024, 256],
  [2048, 512],
  [1024, 160],
];

export const stftCases: FamilyCases<StftProblem> = {
  family: stftFamily,
  reference: stftReference,
  random(random, dtype) {
    const d = draw(random, dtype);
    const output = d.nFft > 128 ? 'complex' : random.pick<SpectrumOutput>(['complex', 'magnitude', 'power', 'log']);
    // Half floats hold the power of a whole frame only where it is scaled down.
    return stftProblem(dtype === 'f16' && output === 'power' ? { ...d, edge: 0.1, interior: 0.1 } : d, dtype, output);
  },
  fill: ({ inputs: [x, window] }, random) => [
    normals(x!.shape[0]! * x!.shape[1]!, random),
    windowValues(window!.shape[0]!, random),
  ],
  perf: [
    ...resolutions.map(([nFft, hop]) => ({
      name: `${nFft}/${hop}`,
      problem: stftProblem(codec(nFft, hop), 'f32', 'complex'),
    })),
    { name: '640/160 adjoint', problem: stftProblem(decoder, 'f32', 'complex') },
  ],
};

export const istftCases: FamilyCases<IstftProblem> = {
  family: istftFamily,
  reference: istftReference,
  random: (random, dtype) => istftProblem(draw(random, dtype), dtype),
  fill: ({ inputs: [spectrum, window] }, random) => [
    normals(
      spectrum!.shape.reduce((n, size) => n * size, 1),
      random,
    ),
    windowValues(window!.shape[0]!, random),
  ],
  perf: [
    { name: '640/160', problem: istftProblem(decoder, 'f32') },
    ...resolutions.map(([nFft, hop]) => ({
      name: `${nFft}/${hop} adjoint`,
      problem: istftProblem(codec(nFft, hop), 'f32'),
    })),
  ],
};

const ragged = (random: CaseRandom): number[] => Array.from({ length: random.int(1, 3) }, () => random.int(1, 40));

const attributes = (random: CaseRandom): ModulusAttributes => ({
  kind: random.pick<ModulusKind>(['magnitude', 'power', 'log']),
  eps: random.pick([0, 1e-3]),
  floor: 0.5,
});

const trainingBins = [12, 81, 513];

export const modulusCases: FamilyCases<ModulusProblem> = {
  family: modulusFamily,
  reference: modulusReference,
  random(random, dtype) {
    const shape = ragged(random);
    return { inputs: [{ shape: [...shape, 2], dtype }], outputs: [{ shape, dtype }], ...attributes(random) };
  },
  perf: [
    {
      name: '12×81×513 magnitude',
      problem: {
        inputs: [{ shape: [...trainingBins, 2], dtype: 'f32' }],
        outputs: [{ shape: trainingBins, dtype: 'f32' }],
        kind: 'magnitude',
        eps: 1e-9,
        floor: 0,
      },
    },
  ],
};

export const modulusGradientCases: FamilyCases<ModulusGradientProblem> = {
  family: modulusGradientFamily,
  reference: modulusGradientReference,
  random(random, dtype) {
    const shape = ragged(random);
    return {
      inputs: [
        { shape: [...shape, 2], dtype },
        { shape, dtype },
      ],
      outputs: [{ shape: [...shape, 2], dtype }],
      ...attributes(random),
    };
  },
  perf: [
    {
      name: '12×81×513 magnitude',
      problem: {
        inputs: [
          { shape: [...trainingBins, 2], dtype: 'f32' },
          { shape: trainingBins, dtype: 'f32' },
        ],
        outputs: [{ shape: [...trainingBins, 2], dtype: 'f32' }],
        kind: 'magnitude',
        eps: 1e-9,
        floor: 0,
      },
    },
  ],
};
