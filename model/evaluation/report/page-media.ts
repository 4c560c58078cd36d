/** Makes what the page shows of videos and sounds: small copies that browsers play, waveforms and spectrograms. */

import { resolve } from 'node:path';
import { FfmpegMissingError, MediaError, type MediaOptions, picturePreview, soundPreviews } from '../../media/index.js';
import type { AssetType } from './assets.js';
import { spectrogramPng } from './pictures/spectrogram.js';
import { waveformPath } from './pictures/waveform.js';
import type { ClipReport, EvaluationReport, ReportClip } from './report.js';

/** Rate at which pictures of sounds are made, Hz. */
const SAMPLE_RATE = 16_000;

export interface ShownSound {
  /** Name of the file that plays. */
  file: string;
  /** SVG path, see `waveformPath`. */
  waveform: string;
  /** Name of a picture. */
  spectrogram: string;
}

export interface PageMedia {
  /** By the clip's name, its picture's file. */
  pictures: ReadonlyMap<string, string>;
  /** By `ClipReport.sound`. */
  sounds: ReadonlyMap<string, ShownSound>;
  /** What could not be read, by path as the report has it. */
  faults: ReadonlyMap<string, string>;
}

export interface PageMediaOptions extends MediaOptions {
  /** The folder that paths of the report are relative to. */
  folder: string;
  onProgress?: ((stage: string, done: number, total: number) => void) | undefined;
}

/** Reads the videos and sounds of `clips` and hands each file to `add`, which names it. */
export async function pageMedia(
  report: EvaluationReport,
  clips: readonly ReportClip[],
  add: (bytes: Buffer, type: AssetType) => string,
  options: PageMediaOptions,
): Promise<PageMedia> {
  const faults = new Map<string, string>();
  const pictures = await picturesOf(clips, add, faults, options);
  const sounds = await soundsOf(soundPaths(report, clips), add, faults, options);
  return { pictures, sounds, faults };
}

async function picturesOf(
  clips: readonly ReportClip[],
  add: (bytes: Buffer, type: AssetType) => string,
  faults: Map<string, string>,
  { folder, onProgress, signal }: PageMediaOptions,
): Promise<Map<string, string>> {
  const pictures = new Map<string, string>();
  for (const [i, { name, video, seconds }] of clips.entries()) {
    if (video !== undefined) {
      try {
        const bytes = await picturePreview(resolve(folder, video), { duration: seconds, signal });
        pictures.set(name, add(bytes, 'video/mp4'));
      } catch (error) {
        if (!(error instanceof MediaError) || error instanceof FfmpegMissingError) throw error;
        faults.set(video, error.message);
      }
    }
    onProgress?.('copying pictures', i + 1, clips.length);
  }
  return pictures;
}

function soundPaths({ systems }: EvaluationReport, clips: readonly ReportClip[]): string[] {
  const names = new Set(clips.map(({ name }) => name));
  const shown = systems.flatMap((system) => system.clips).filter(({ clip }) => names.has(clip));
  return [...new Set(shown.map(({ sound }: ClipReport) => sound).filter((sound) => sound !== undefined))];
}

async function soundsOf(
  paths: readonly string[],
  add: (bytes: Buffer, type: AssetType) => string,
  faults: Map<string, string>,
  { folder, onProgress, signal }: PageMediaOptions,
): Promise<Map<string, ShownSound>> {
  const sounds = new Map<string, ShownSound>();
  const previews = await soundPreviews(
    paths.map((path) => resolve(folder, path)),
    { sampleRate: SAMPLE_RATE, signal, onProgress: (done) => onProgress?.('copying sounds', done, paths.length) },
  );
  for (const [i, path] of paths.entries()) {
    const preview = previews[i]!;
    if (preview instanceof MediaError) {
      faults.set(path, preview.message);
      continue;
    }
    sounds.set(path, {
      file: add(preview.flac, 'audio/flac'),
      waveform: waveformPath(preview.samples),
      spectrogram: add(spectrogramPng(preview.samples, SAMPLE_RATE), 'image/png'),
    });
  }
  return sounds;
}
