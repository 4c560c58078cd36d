/** How to read each metric, what failed, and whose the clips are. */

import type { EvaluationReport, MetricDescription } from '../report.js';
import { directionSign } from './figures.js';
import { html, type Markup } from './markup.js';
import { metricId } from './metric-table.js';

/** Groups of metrics in the order of the page. */
export const GROUPS: readonly { group: MetricDescription['group']; title: string }[] = [
  { group: 'synchrony', title: 'Synchrony' },
  { group: 'quality', title: 'Quality' },
  { group: 'distribution', title: 'Distribution of sounds' },
  { group: 'machine-like', title: 'Machine-like sound' },
  { group: 'loudness', title: 'Loudness' },
];

export function metricExplanations(report: EvaluationReport): readonly Markup[] {
  return GROUPS.map(({ group, title }) => {
    const metrics = report.metrics.filter((metric) => metric.group === group);
    return metrics.length === 0
      ? html``
      : html`<h3>${title}</h3><dl class="explanations">${metrics.map(
          (metric) => html`<dt id="${metricId(report, metric)}">${metric.label} ${directionSign(metric)}${
            metric.unit !== '' && html` <small>${metric.unit}</small>`
          }</dt><dd>${metric.explanation}</dd>
`,
        )}</dl>`;
  });
}

export function failureList({ failures }: EvaluationReport): Markup {
  return html`<ul class="failures">${failures.map(
    ({ system, clip, error }) => html`<li><b>${system}</b> on <b>${clip}</b>: ${error}</li>
`,
  )}</ul>`;
}

/** What each row of the tables is. */
export function systemDescriptions({ systems }: EvaluationReport): Markup {
  return html`<dl class="explanations">${systems.map(
    ({ name, description }) => html`<dt>${name}</dt><dd>${description}</dd>
`,
  )}</dl>`;
}

/** Licences with the clips that are under them. */
export function licenceList({ dataset }: EvaluationReport): Markup {
  const clips = new Map<string, string[]>();
  for (const { name, licence = 'no licence is named' } of dataset.clips) {
    clips.set(licence, [...(clips.get(licence) ?? []), name]);
  }
  return html`<ul class="licences">${[...clips].map(
    ([licence, names]) => html`<li><b>${licence}</b>: ${names.join(', ')}</li>
`,
  )}</ul>`;
}

/** What a reader must know before the figures: few clips, clips without events, failures, controls that could not be had. */
export function cautions({ dataset, failures, missing = [] }: EvaluationReport): readonly Markup[] {
  const { clips } = dataset;
  const silent = clips.filter(({ eventSource }) => eventSource === 'none').map(({ name }) => name);
  const guessed = clips.filter(({ eventSource }) => eventSource === 'video alone').map(({ name }) => name);
  const found: Markup[] = [];
  if (clips.length < FEW) {
    found.push(
      html`<li>${clips.length} ${clips.length === 1 ? 'clip proves' : 'clips prove'} little: read the intervals, not the order.</li>`,
    );
  }
  if (silent.length > 0) {
    found.push(html`<li>No events, so not scored for synchrony: ${silent.join(', ')}.</li>`);
  }
  if (guessed.length > 0) {
    found.push(html`<li>Events guessed from the video alone, without annotation or sound: ${guessed.join(', ')}.</li>`);
  }
  if (failures.length > 0) {
    const failed = new Set(failures.map(({ clip }) => clip)).size;
    found.push(
      html`<li><a href="#failures">${failed} ${failed === 1 ? 'clip' : 'clips'} could not be scored for all</a> and ${
        failed === 1 ? 'is' : 'are'
      } left out of every figure.</li>`,
    );
  }
  for (const { system, reason } of missing) found.push(html`<li>Missing: ${system} (${reason}).</li>`);
  return found;
}

/** Fewer clips than this are said to be few. */
const FEW = 12;
