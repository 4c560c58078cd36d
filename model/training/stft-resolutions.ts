/** The STFTs in which the losses of codecs compare sounds: FFT size and hop of each. */
export const STFT_RESOLUTIONS = [
  [256, 64],
  [512, 128],
  [1024, 256],
  [2048, 512],
] as const;
