/** Typed errors of the media room. Each message names the file, what was expected and the remedy. */

import { OnsetError } from '../../kernels/errors.js';

export class MediaError extends OnsetError {
  override name = 'MediaError';
}

/** ffmpeg or ffprobe could not be started. */
export class FfmpegMissingError extends MediaError {
  override name = 'FfmpegMissingError';
}

/** The path leads to nothing, to something that is not a file, or to a file that may not be read. */
export class FileError extends MediaError {
  override name = 'FileError';
}

/** The file has no bytes, or its streams last no time. */
export class EmptyMediaError extends MediaError {
  override name = 'EmptyMediaError';
}

/** The file is no video: text, a picture, a playlist, or bytes of no known format. */
export class NotAVideoError extends MediaError {
  override name = 'NotAVideoError';
}

/** A media file without a picture stream. */
export class NoVideoStreamError extends MediaError {
  override name = 'NoVideoStreamError';
}

/** A media file without a sound stream. */
export class NoAudioStreamError extends MediaError {
  override name = 'NoAudioStreamError';
}

/** The file ends before its streams do. */
export class TruncatedMediaError extends MediaError {
  override name = 'TruncatedMediaError';
}

/** The file's format is known but its contents do not decode. */
export class UndecodableMediaError extends MediaError {
  override name = 'UndecodableMediaError';
}

/** The asked-for part lies outside the clip. */
export class MediaRangeError extends MediaError {
  override name = 'MediaRangeError';
}

/** Samples that no WAV file can hold. */
export class WavError extends MediaError {
  override name = 'WavError';
}

/** The output could not be written. */
export class OutputError extends MediaError {
  override name = 'OutputError';
}
