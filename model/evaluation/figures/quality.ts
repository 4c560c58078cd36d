/** Figures of quality: distances from the true sound. */

import { SOUND_RATE } from '../datasets/dataset.js';
import { EvaluationError } from '../errors.js';
import { logMelDistance } from '../metrics/log-mel-distance.js';
import { logSpectralError } from '../metrics/log-spectral-error.js';
import { pesq } from '../metrics/pesq/pesq.js';
import type { PesqMode } from '../metrics/pesq/signal.js';
import { stftL1 } from '../metrics/stft-distance.js';
import type { MetricDescription } from '../report/report.js';
import type { SoundMetrics } from './metric.js';

const distance = (key: string, label: string, unit: string, explanation: string): MetricDescription => ({
  ...{ key, label, unit, better: 'lower', group: 'quality', explanation },
});

export const SPECTRAL_DISTANCES: SoundMetrics = {
  descriptions: [
    distance(
      'stft-l1',
      'STFT-L1',
      '',
      'L1 distance of the magnitudes of three STFTs over the true ones: 0 is the same, 1 as far as silence. Two noises that ' +
        'sound alike are at about .5; blind to shifts well below a window.',
    ),
    distance(
      'stft-l1-log',
      'STFT-L1, log',
      'dB',
      'The same in dB: quiet bins weigh as much as loud ones. Two noises of one color: 6 dB.',
    ),
    distance(
      'log-mel',
      'log-mel distance',
      'dB',
      'Of the powers in 80 mel bands, frame by frame: late sound is other sound.',
    ),
    distance(
      'log-spectral',
      'log-spectral error',
      'dB',
      'Root mean square over bins, frame by frame. Two noises of one color: 7.9 dB.',
    ),
    distance(
      'average-spectrum',
      'error of the average spectrum',
      'dB',
      'Of the spectra averaged over the clip: lost bands, harmonics and level. Blind to when anything sounds.',
    ),
  ],
  measure({ sound, reference }) {
    if (!reference) return {};
    const { linear, log } = stftL1(sound, reference.sound, SOUND_RATE);
    const { frames, average } = logSpectralError(sound, reference.sound, SOUND_RATE);
    const mel = logMelDistance(sound, reference.sound, SOUND_RATE);
    return {
      'stft-l1': linear,
      'stft-l1-log': log,
      'log-mel': mel,
      'log-spectral': frames,
      'average-spectrum': average,
    };
  },
};

/** PESQ takes longer than everything else together. */
const PESQ_CLIPS = 20;

const opinion = (key: string, label: string): MetricDescription => ({
  ...{ key, label, unit: 'MOS', better: 'higher', group: 'quality' },
  explanation:
    `Of the first ${PESQ_CLIPS} clips. ITU-T P.862: a measure of telephone speech, of other sounds a number without listeners behind it. It aligns the sounds ` +
    'in time itself and hides desynchrony.',
});

export const PESQ: SoundMetrics = {
  descriptions: [opinion('pesq-nb', 'PESQ, narrow band'), opinion('pesq-wb', 'PESQ, wide band')],
  clips: PESQ_CLIPS,
  measure({ sound, reference }) {
    if (!reference) return {};
    const score = (mode: PesqMode): number | null => pesqOrNull(sound, reference.sound, mode);
    return { 'pesq-nb': score('narrow band'), 'pesq-wb': score('wide band') };
  },
};

/** Null where it is not defined: for silence, short sounds, and a true sound without an utterance. */
function pesqOrNull(sound: Float32Array, reference: Float32Array, mode: PesqMode): number | null {
  try {
    return pesq(sound, reference, SOUND_RATE, mode);
  } catch (error) {
    if (error instanceof EvaluationError) return null;
    throw error;
  }
}
