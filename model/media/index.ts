/** Video and sound files: clips in, frames and sound out of them, and clips with new sound written. */

export { type AudioOptions, decodeAudio } from './audio.js';
export { resizeBicubic } from './bicubic.js';
export { type Clip, type ClipOptions, openClip } from './clip.js';
export { endingFor, outputKind } from './containers.js';
export { type Cut, CutDetector, type CutReport, FrameSizeError } from './cuts.js';
export * from './errors.js';
export type { MediaOptions } from './ffmpeg.js';
export type { Frame, ImageFormat } from './frames.js';
export { integratedLoudness, loudnessRange } from './gated-loudness.js';
export { type RawVideo, writeLosslessVideo } from './lossless-video.js';
export { toLoudness, truePeak } from './loudness.js';
export { checkOutput, type SoundOutput, writeSound } from './mux.js';
export { picturePreview, soundPreviews } from './preview.js';
export type { AudioInfo, MediaInfo, VideoInfo } from './probe.js';
export { type SampleClip, sampleClip } from './sample.js';
export { encodeWav, readWav, writeWav } from './wav.js';
