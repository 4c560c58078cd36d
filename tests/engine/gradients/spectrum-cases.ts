import { matmul, scale } from '../../../engine/engine.js';
import { melFilters } from '../../../engine/ops/mel.js';
import { hannWindow, istft, modulus, stft } from '../../../engine/ops/stft.js';
import type { CaseRandom } from '../../../kernels/cases.js';
import type { GradientCase } from './gradient-check.js';

function framing(random: CaseRandom): { nFft: number; hop: number; window: Float32Array; framing: 'center' | 'same' } {
  const nFft = random.pick([32, 64, 20, 128]);
  const length = random.int(Math.floor(nFft / 2), nFft);
  return {
    nFft,
    hop: random.int(Math.ceil(nFft / 4), Math.floor(nFft / 2)),
    window: hannWindow(length).map((w) => w + 0.1),
    framing: random.pick(['center', 'same'] as const),
  };
}

/** Magnitudes have a cusp at 0 that no random spectrum is sure to miss: this much power is added before the root. */
const SMOOTHING = 30;

export const spectrumCases: GradientCase[] = [
  {
    name: 'stft, complex',
    random(random) {
      const options = framing(random);
      return {
        operands: [{ shape: [random.int(1, 3), random.int(options.nFft, 3 * options.nFft)] }],
        build: ([x]) => stft(x!, options),
      };
    },
  },
  {
    name: 'stft, power',
    random(random) {
      const options = { ...framing(random), output: 'power' } as const;
      return {
        operands: [
          { shape: [random.int(1, 2), random.int(options.nFft, 3 * options.nFft)], value: (r) => 0.3 * r.normal() },
        ],
        build: ([x]) => stft(x!, options),
      };
    },
  },
  {
    name: 'modulus of a stft',
    random(random) {
      const options = framing(random);
      return {
        operands: [{ shape: [random.int(1, 2), random.int(options.nFft, 3 * options.nFft)] }],
        build: ([x]) => modulus(stft(x!, options), 'magnitude', { eps: SMOOTHING }),
      };
    },
  },
  ...[true, false].map(
    (normalise): GradientCase => ({
      name: normalise ? 'istft' : 'istft, not normalised',
      random(random) {
        const options = { ...framing(random), normalise };
        return {
          operands: [{ shape: [random.int(1, 2), random.int(3, 7), options.nFft / 2 + 1, 2] }],
          build: ([x]) => istft(x!, options),
        };
      },
    }),
  ),
  {
    name: 'mel bands of a stft',
    random(random) {
      const nFft = random.pick([64, 128]);
      const bands = random.int(3, 9);
      const filters = melFilters(16000, nFft, bands);
      return {
        operands: [{ shape: [random.int(1, 2), random.int(nFft, 3 * nFft)] }],
        build: ([x], graph) => {
          const magnitudes = modulus(stft(x!, { nFft, hop: nFft / 4 }), 'magnitude', { eps: SMOOTHING });
          return scale(matmul(magnitudes, graph.constant(filters, [nFft / 2 + 1, bands])), 50);
        },
      };
    },
  },
];
