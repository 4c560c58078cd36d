/** Histograms of timing errors, one a system. */

import type { EvaluationReport, SystemReport } from '../report.js';
import { quantile, signedText } from './figures.js';
import { html, type Markup } from './markup.js';
import { KINDS } from './metric-table.js';

/** Milliseconds of the largest error, of a bin, and of the narrower tolerance. */
const LARGEST = 100;
const BIN = 10;
const NARROW = 50;
const HEIGHT = 60;

/** Small multiples over one scale: the share of a system's matched pairs by signed error. */
export function timingHistograms(report: EvaluationReport): Markup {
  const found = report.systems.map((system) => ({ system, errors: errorsOf(system) }));
  const tallest = Math.max(...found.map(({ errors }) => Math.max(...shares(errors))), 0);
  return html`<div class="histograms">${KINDS.map(({ kind }) =>
    found.filter(({ system }) => system.kind === kind).map(({ system, errors }) => histogram(system, errors, tallest)),
  )}</div>`;
}

/** Milliseconds, ascending, of all clips and seeds. */
function errorsOf({ clips }: SystemReport): number[] {
  return clips.flatMap(({ timingErrors }) => timingErrors.map((s) => s * 1000)).sort((a, b) => a - b);
}

function shares(errors: readonly number[]): number[] {
  const bins = new Array<number>((2 * LARGEST) / BIN).fill(0);
  for (const error of errors) {
    const bin = Math.floor((error + LARGEST) / BIN);
    bins[Math.max(0, Math.min(bins.length - 1, bin))]! += 1 / errors.length;
  }
  return bins;
}

function histogram({ name, kind }: SystemReport, errors: readonly number[], tallest: number): Markup {
  const bars = shares(errors).map((share, i) => {
    const height = tallest > 0 ? (HEIGHT * share) / tallest : 0;
    return (
      height > 0 &&
      html`<rect x="${i * BIN + 0.8}" y="${(HEIGHT - height).toFixed(1)}" width="${BIN - 1.6}" height="${height.toFixed(1)}"/>`
    );
  });
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => signedText(quantile(errors, share), 0));
  const words =
    errors.length === 0
      ? 'no pair within 100 ms'
      : `median ${middle} ms, middle half ${low} to ${high} ms, ${errors.length} pairs`;
  return html`<figure class="histogram ${kind}"><figcaption><b>${name}</b> ${words}</figcaption>
<svg viewBox="0 0 ${2 * LARGEST} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Timing errors of ${name}: ${words}">
<rect class="band" x="${LARGEST - NARROW}" y="0" width="${2 * NARROW}" height="${HEIGHT}"/><line x1="${LARGEST}" y1="0" x2="${LARGEST}" y2="${HEIGHT}"/>${bars}</svg>
<div class="scale" aria-hidden="true"><span>−100</span><span>−50</span><span>0</span><span>+50</span><span>+100 ms</span></div></figure>
`;
}
