/** Bars of an ablation: one metric over the cells, each with its interval and cost. */

import type { EvaluationReport, MetricDescription } from '../report.js';
import { dataElement, decimalsFor, intervalText, isNumber, numberText } from './figures.js';
import { html, type Markup } from './markup.js';

export function ablationBars({ cells }: NonNullable<EvaluationReport['ablation']>, metric: MetricDescription): Markup {
  const bounds = cells.flatMap(({ estimate: { value, low, high } }) => [value, low, high]).filter(isNumber);
  const [low, high] = [Math.min(0, ...bounds), Math.max(0, ...bounds)];
  const percent = (x: number): number => (high > low ? (100 * (x - low)) / (high - low) : 0);
  const text = (value: number): string => numberText(value, decimalsFor(cells.map(({ estimate }) => estimate)));
  const rows = cells.map(({ name, estimate, seconds }) => {
    const { value } = estimate;
    return html`<tr><th scope="row">${name}</th><td class="wide">${isNumber(value) && bar(estimate, value, percent)}</td><td>${dataElement(
      value,
      isNumber(value) ? text(value) : '–',
    )} <small>${intervalText(estimate, text)}</small></td><td>${durationText(seconds)}</td></tr>
`;
  });
  return html`<div class="scroll" role="region" tabindex="0" aria-label="Ablation"><table class="ablation">
<thead><tr><th scope="col">cell</th><th scope="col" colspan="2">${metric.label}${
    metric.unit !== '' && html` <small>${metric.unit}</small>`
  }</th><th scope="col">cost</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function bar({ low, high }: { low?: number; high?: number }, value: number, percent: (x: number) => number): Markup {
  const [from, to] = [Math.min(0, value), Math.max(0, value)].map(percent) as [number, number];
  const whisker =
    isNumber(low) &&
    isNumber(high) &&
    html`<i class="whisker" style="left:${percent(low).toFixed(1)}%;width:${(percent(high) - percent(low)).toFixed(1)}%"></i>`;
  return html`<span class="bar" aria-hidden="true"><i class="fill" style="left:${from.toFixed(1)}%;width:${(
    to - from
  ).toFixed(1)}%"></i>${whisker}</span>`;
}

function durationText(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
