/** Paired differences between two systems. */

import type { EvaluationReport, MetricDescription, PairedDifference } from '../report.js';
import {
  dataElement,
  intervalBar,
  intervalText,
  isNumber,
  metricStyle,
  probabilityText,
  signedText,
} from './figures.js';
import { html, type Markup } from './markup.js';
import { metricId } from './metric-table.js';

/** A table for each pair of systems: the `first` metrics open, all others folded away. */
export function differenceTables(report: EvaluationReport, first: readonly MetricDescription[]): readonly Markup[] {
  const pairs = new Map<string, PairedDifference[]>();
  for (const difference of report.differences) {
    const pair = JSON.stringify([difference.system, difference.against]);
    pairs.set(pair, [...(pairs.get(pair) ?? []), difference]);
  }
  const keys = first.map(({ key }) => key);
  return [...pairs.values()].map((differences) => {
    const { system, against } = differences[0]!;
    const open = differences.filter(({ metric }) => keys.includes(metric));
    const folded = differences.filter(({ metric }) => !keys.includes(metric));
    const title = `${system} less ${against}`;
    return html`<section class="pair"><h3>${system} <span class="less">less</span> ${against}</h3>
${open.length > 0 && table(report, open, title)}
${
  folded.length > 0 &&
  html`<details><summary>${folded.length} ${open.length > 0 ? 'more' : ''} ${
    folded.length === 1 ? 'metric' : 'metrics'
  }</summary>${table(report, folded, `${title}: more metrics`)}</details>`
}</section>`;
  });
}

function table(report: EvaluationReport, differences: readonly PairedDifference[], title: string): Markup {
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${title}"><table class="differences">
<thead><tr><th scope="col">metric</th><th scope="col">difference</th><td class="wide"></td><th scope="col">p</th><th scope="col">reading</th></tr></thead>
<tbody>${differences.map((difference) => row(report, difference))}</tbody></table></div>`;
}

function row(report: EvaluationReport, difference: PairedDifference): Markup | undefined {
  const metric = report.metrics.find(({ key }) => key === difference.metric);
  if (!metric) return undefined;
  const estimate = difference.difference;
  const decimals = metricStyle(report, metric).decimals;
  const text = (value: number): string => signedText(value, decimals);
  const same = report.differences.filter((other) => other.metric === metric.key);
  const bounds = same.flatMap(({ difference: { value, low, high } }) => [value, low, high]).filter(isNumber);
  const high = Math.max(...bounds.map(Math.abs), 0);
  const verdict = reading(difference, metric);
  return html`<tr data-metric="${metric.key}"><th scope="row"><a href="#${metricId(report, metric)}">${metric.label}</a>${
    metric.unit !== '' && html` <small>${metric.unit}</small>`
  }</th><td>${dataElement(estimate.value, signedText(estimate.value, decimals))} <small>${intervalText(
    estimate,
    text,
  )}</small></td><td class="wide">${intervalBar(estimate, { low: -high, high })}</td><td><data value="${
    difference.p
  }">${probabilityText(difference.p)}</data></td><td class="${verdict.replaceAll(' ', '-')}">${verdict}</td></tr>
`;
}

/** What the interval says: a difference is shown only by one that leaves out 0. */
function reading({ difference: { low, high } }: PairedDifference, { better }: MetricDescription): string {
  if (!isNumber(low) || !isNumber(high) || (low <= 0 && high >= 0)) return 'not shown';
  if (better === 'higher') return low > 0 ? 'better' : 'worse';
  if (better === 'lower') return low > 0 ? 'worse' : 'better';
  return 'differs';
}
