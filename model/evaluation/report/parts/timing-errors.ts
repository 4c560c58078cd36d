/** Histograms of timing errors, one a system. */

import { quantile } from '../../metrics/quantile.js';
import type { EvaluationReport, SystemReport } from '../report.js';
import { signedText } from './figures.js';
import { html, type Markup } from './markup.js';
import { KINDS } from './metric-table.js';

/** Milliseconds of a bin, of the outer edge of the last one, and of the narrower tolerance: bins are centered on 0, ±10, … */
const BIN = 10;
const EDGE = 105;
const NARROW = 50;
const HEIGHT = 60;

/** Errors of a system's matched pairs, in milliseconds and ascending, and the events that could be matched; clips that failed count nowhere. */
interface Timing {
  system: SystemReport;
  errors: readonly number[];
  events: number;
}

/** Small multiples over one scale: how many of the events were matched with each signed error. */
export function timingHistograms(report: EvaluationReport): Markup {
  const timings = KINDS.flatMap(({ kind }) =>
    report.systems.filter((system) => system.kind === kind).map((system) => timingOf(system, report)),
  );
  const tallest = timings.reduce((most, timing) => Math.max(most, ...shares(timing)), 0);
  return html`<div class="histograms">${timings.map((timing) => histogram(timing, tallest))}</div>`;
}

function timingOf(system: SystemReport, { dataset, failures }: EvaluationReport): Timing {
  const failed = new Set(failures.map(({ clip }) => clip));
  const clips = system.clips.filter(({ clip }) => !failed.has(clip));
  const events = new Map(dataset.clips.map((clip) => [clip.name, clip.events.length]));
  return {
    system,
    errors: clips.flatMap(({ timingErrors }) => timingErrors.map((s) => s * 1000)).sort((a, b) => a - b),
    events: clips.reduce((sum, { clip }) => sum + (events.get(clip) ?? 0), 0),
  };
}

/** The share of the events in each bin. */
function shares({ errors, events }: Timing): number[] {
  const bins = new Array<number>((2 * EDGE) / BIN).fill(0);
  for (const error of errors) {
    const bin = Math.floor((error + EDGE) / BIN);
    bins[Math.max(0, Math.min(bins.length - 1, bin))]! += 1 / Math.max(1, events);
  }
  return bins;
}

function quartiles(errors: readonly number[]): string {
  const [low, median, high] = [0.25, 0.5, 0.75].map((share) => signedText(quantile(errors, share)!, 0));
  return `median ${median} ms, quartiles ${low}, ${high}`;
}

function histogram(timing: Timing, tallest: number): Markup {
  const { system, errors, events } = timing;
  const bars = shares(timing).map((share, i) => {
    const height = share > 0 ? (HEIGHT * share) / tallest : 0;
    return (
      height > 0 &&
      html`<rect x="${i * BIN + 0.8}" y="${(HEIGHT - height).toFixed(1)}" width="${BIN - 1.6}" height="${height.toFixed(1)}"/>`
    );
  });
  const matched = `${errors.length} of ${events} events matched`;
  const words = errors.length > 0 ? [matched, quartiles(errors)] : [matched];
  return html`<figure class="histogram ${system.kind}"><figcaption><b>${system.name}</b>${words.map((line) => html`<span>${line}</span>`)}</figcaption>
<svg viewBox="0 0 ${2 * EDGE} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Timing errors of ${system.name}: ${words.join(', ')}">
<rect class="band" x="${EDGE - NARROW}" y="0" width="${2 * NARROW}" height="${HEIGHT}"/><line x1="${EDGE}" y1="0" x2="${EDGE}" y2="${HEIGHT}"/>${bars}</svg>
<div class="scale" aria-hidden="true"><span>−100</span><span>0</span><span>+100 ms</span></div></figure>
`;
}
