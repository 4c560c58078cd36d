/** The order in which test files are handed out: the long ones first, so that no process is left with one at the end. */

/**
 * Seconds that the longest files take with an empty shader cache; rounded, and only their order matters. The two that train
 * compile the same kernels: they lie apart, so that the second finds them in the driver's cache.
 */
const SECONDS: Readonly<Record<string, number>> = {
  'model/training/resume.test.js': 200,
  'tools/kill.test.js': 120,
  'kernels/attention.test.js': 110,
  'engine/gradients/gradients.test.js': 110,
  'model/media/sync.test.js': 80,
  'model/networks/audioldm-codec.test.js': 60,
  'kernels/conv.test.js': 55,
  'kernels/conv-input-gradient.test.js': 55,
  'model/media/mux.test.js': 50,
  'model/vta-ldm/vta-ldm.test.js': 45,
  'kernels/matmul.test.js': 40,
  'model/sound-for-clip.test.js': 35,
  'tools/launcher.test.js': 30,
  'model/media/containers.test.js': 30,
  'model/networks/unet-2d-condition.test.js': 30,
  'model/networks/efficientnet-lite.test.js': 30,
  'model/evaluation/taggers/taggers.test.js': 25,
  'model/training/train-footage.test.js': 25,
  'model/evaluation/evaluate.test.js': 20,
  'model/evaluation/ablation/ablate.test.js': 20,
  'model/evaluation/ablation/runs.test.js': 17,
  'model/training/train-switches.test.js': 16,
};

/** Files by falling duration; those without a record come last, by name. */
export function longestFirst(files: readonly string[]): string[] {
  const seconds = (file: string): number => SECONDS[file] ?? 0;
  return [...files].sort((a, b) => seconds(b) - seconds(a) || (a < b ? -1 : 1));
}
