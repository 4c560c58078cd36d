/** Writes an evaluation as one HTML file, with its videos and sounds inside it or in a folder beside it. */

import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { packagePath } from '../../../engine/platform/package-path.js';
import { replaceFile } from '../../../engine/platform/replace-file.js';
import { systemFaultOf } from '../../../engine/platform/system-error.js';
import type { MediaOptions } from '../../media/index.js';
import { EvaluationError } from '../errors.js';
import { Assets } from './assets.js';
import { headlineMetrics, reportPage } from './page.js';
import { pageMedia } from './page-media.js';
import { html } from './parts/markup.js';
import type { EvaluationReport } from './report.js';

export interface WriteReportOptions extends MediaOptions {
  /** Folder that the report's paths of videos and sounds are relative to; by default that of the HTML file. */
  folder?: string | undefined;
  /** Keys of the metrics of the first table; by default a choice of synchrony and quality. */
  headline?: readonly string[] | undefined;
  /** Clips that get a card with video and sounds, from the first on. Default 40. */
  cards?: number | undefined;
  /** Bytes of the HTML file up to which videos and sounds go into it. Default 30 MB. */
  embedLimit?: number | undefined;
  onProgress?: ((stage: string, done: number, total: number) => void) | undefined;
}

export interface WrittenReport {
  /** Bytes of the HTML file. */
  bytes: number;
  /** The folder beside it, `NAME.files`; absent where everything is in the HTML file. */
  files?: string;
  /** Videos and sounds that could not be read, each with its reason; the page says so in their places. */
  faults: readonly string[];
}

const EMBED_LIMIT = 30e6;
const CARDS = 40;

/**
 * Writes the report, whole or not at all. Videos are copied as small H.264, sounds as FLAC: where they would make the
 * file larger than the limit they lie in `NAME.files` beside it, and the two are to be moved together. A video or sound
 * that cannot be read is told of, on the page and in the result, and stops nothing.
 *
 * @param path of the HTML file; its folder must exist
 * @throws {EvaluationError} when it cannot be written, or `headline` or the ablation names an unknown metric
 * @throws {FfmpegMissingError} without ffmpeg, or the signal's reason
 */
export async function writeReport(
  report: EvaluationReport,
  path: string,
  options: WriteReportOptions = {},
): Promise<WrittenReport> {
  const { embedLimit = EMBED_LIMIT, cards = CARDS, folder = dirname(resolve(path)), onProgress, signal } = options;
  const headline = headlineMetrics(report, options.headline);
  const shown = report.dataset.clips.slice(0, cards);
  const assets = new Assets();
  const media = await pageMedia(report, shown, (bytes, type) => assets.add(bytes, type), {
    folder,
    onProgress,
    signal,
  });
  const page = async (sourceOf: (file: string) => string, embedded: boolean): Promise<Buffer> =>
    Buffer.from(
      reportPage(report, {
        ...{ cards: shown.length, headline, media, sourceOf },
        embedded: embedded ? assets.embedded() : html``,
        style: await pageFile('report.css'),
        script: await pageFile('report.js'),
      }),
    );
  const files = join(dirname(path), `${basename(path, extname(path))}.files`);
  const beside = await page((file) => `${encodeURIComponent(basename(files))}/${file}`, false);
  const embeds = beside.length + assets.embeddedBytes <= embedLimit;
  const bytes = embeds ? await page((file) => `#${file}`, true) : beside;
  signal?.throwIfAborted();
  await asEvaluationError(path, async () => {
    if (!embeds) await assets.writeTo(files);
    await replaceFile(path, (temporary) => writeFile(temporary, bytes));
    await assets.sweep(files, !embeds);
  });
  return { bytes: bytes.length, ...(embeds ? {} : { files }), faults: [...media.faults.values()] };
}

function pageFile(name: string): Promise<string> {
  return readFile(packagePath('model', 'evaluation', 'report', 'page', name), 'utf8');
}

async function asEvaluationError(path: string, write: () => Promise<void>): Promise<void> {
  await write().catch((cause) => {
    const fault = systemFaultOf(cause);
    throw fault ? new EvaluationError(`${path}: the report was not written: ${fault.reason}; ${fault.remedy}`) : cause;
  });
}
