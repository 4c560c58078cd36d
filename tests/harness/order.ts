/** The order in which test files are handed out: the long ones first, so that no process is left with one at the end. */

/**
 * Seconds that the longest files take with an empty shader cache; rounded, and only their order matters. Files that compile
 * the same kernels lie apart, so that the second finds them in the driver's cache.
 */
const SECONDS: Readonly<Record<string, number>> = {
  'kernels/attention.test.js': 120,
  'engine/gradients/gradients.test.js': 110,
  'model/training/resume.test.js': 100,
  'model/media/sync.test.js': 80,
  'model/networks/audioldm-codec.test.js': 80,
  'kernels/conv-input-gradient.test.js': 70,
  'kernels/conv.test.js': 60,
  'model/training/train-footage.test.js': 50,
  'model/networks/unet-2d-condition.test.js': 40,
  'model/networks/efficientnet-lite.test.js': 30,
  'model/vta-ldm/vta-ldm.test.js': 25,
  'kernels/conv-weight-gradient.test.js': 25,
  'model/sound-for-clip.test.js': 20,
  'model/media/mux.test.js': 15,
  'kernels/matmul.test.js': 15,
  'engine/spectrum.test.js': 15,
  'kernels/stft.test.js': 15,
};

/** Files by falling duration; those without a record come last, by name. */
export function longestFirst(files: readonly string[]): string[] {
  const seconds = (file: string): number => SECONDS[file] ?? 0;
  return [...files].sort((a, b) => seconds(b) - seconds(a) || (a < b ? -1 : 1));
}
