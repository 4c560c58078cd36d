/** One metric clip by clip: where systems fail, and which clips are hard for all. */

import type { EvaluationReport, MetricDescription, SystemReport } from '../report.js';
import { dataElement, isNumber, metricStyle, numberText } from './figures.js';
import { html, type Markup } from './markup.js';

/** Clips down, systems across; the mean over seeds. @param cards how many of the clips, from the first, have a card */
export function clipTable(report: EvaluationReport, metric: MetricDescription, cards: number): Markup {
  const { systems, dataset } = report;
  const { decimals } = metricStyle(report, metric);
  const means = systems.map((system) => meansByClip(system, metric.key));
  const rows = dataset.clips.map(
    (
      { name },
      i,
    ) => html`<tr><th scope="row">${i < cards ? html`<a href="#clip-${i}">${name}</a>` : name}</th>${means.map(
      (mean) => {
        const value = mean.get(name);
        return html`<td>${dataElement(value, numberText(value, decimals))}</td>`;
      },
    )}</tr>
`,
  );
  const title = `${metric.label} clip by clip`;
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${title}"><table class="clips"><caption>${title}</caption>
<thead><tr><td></td>${systems.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

function meansByClip({ clips }: SystemReport, key: string): Map<string, number> {
  const values = new Map<string, number[]>();
  for (const { clip, metrics } of clips) {
    const value = metrics[key];
    if (isNumber(value)) values.set(clip, [...(values.get(clip) ?? []), value]);
  }
  return new Map([...values].map(([clip, all]) => [clip, all.reduce((a, b) => a + b, 0) / all.length]));
}
