/** Tables of systems by metrics. */

import type { Estimate, EvaluationReport, MetricDescription, SystemReport } from '../report.js';
import {
  dataElement,
  directionSign,
  intervalBar,
  intervalText,
  isNumber,
  type MetricStyle,
  metricStyle,
  numberText,
} from './figures.js';
import { html, type Markup } from './markup.js';

/** Kinds of systems in the order of the page. */
export const KINDS: readonly { kind: SystemReport['kind']; title: string; gloss: string }[] = [
  { kind: 'system', title: 'Systems', gloss: 'what is evaluated' },
  { kind: 'reference', title: 'References', gloss: 'the true audio, and what is made of it' },
  { kind: 'control', title: 'Controls', gloss: 'made without seeing the video, or without a model' },
];

interface Column {
  metric: MetricDescription;
  style: MetricStyle;
  /** The best value among the systems; `undefined` where no order is, or nothing to choose from. */
  best: number | undefined;
}

/** Systems, references and controls down, `metrics` across, each value with its interval. */
export function metricTable(report: EvaluationReport, metrics: readonly MetricDescription[], title: string): Markup {
  const columns = metrics.map((metric) => ({ metric, style: metricStyle(report, metric), best: best(report, metric) }));
  const kinds = KINDS.map(({ kind, title, gloss }) => {
    const systems = report.systems.filter((system) => system.kind === kind);
    return (
      systems.length > 0 &&
      html`<tbody><tr class="kind"><th scope="rowgroup" colspan="${metrics.length + 1}"><span><b>${title}</b> ${gloss}</span></th></tr>
${systems.map((system) => systemRow(report, system, columns))}</tbody>`
    );
  });
  return html`<div class="scroll" role="region" tabindex="0" aria-label="${title}"><table class="metrics">
<caption>${title}</caption>
<thead><tr><td></td>${columns.map(({ metric }) => metricHeader(report, metric))}</tr></thead>
${kinds}</table></div>`;
}

function metricHeader(report: EvaluationReport, metric: MetricDescription): Markup {
  return html`<th scope="col"><a href="#${metricId(report, metric)}">${metric.label}</a> ${directionSign(metric)}${
    metric.unit !== '' && html`<small>${metric.unit}</small>`
  }</th>`;
}

/** The anchor of a metric's explanation. */
export function metricId(report: EvaluationReport, { key }: MetricDescription): string {
  return `metric-${report.metrics.findIndex((metric) => metric.key === key)}`;
}

function systemRow(report: EvaluationReport, system: SystemReport, columns: readonly Column[]): Markup {
  return html`<tr><th scope="row" title="${system.description}">${system.name}</th>${columns.map((column) =>
    cell(report, system, column),
  )}</tr>
`;
}

function cell(report: EvaluationReport, system: SystemReport, { metric, style, best }: Column): Markup {
  const estimate = system.metrics[metric.key];
  const at = html`data-system="${system.name}" data-metric="${metric.key}"`;
  if (estimate === undefined || !isNumber(estimate.value)) {
    return html`<td ${at}><span class="none" title="not defined here">–</span></td>`;
  }
  const text = (value: number): string => numberText(value, style.decimals);
  const isBest = system.kind === 'system' && estimate.value === best;
  return html`<td ${at}${isBest && html` class="best"`}>${dataElement(estimate.value, text(estimate.value))}<small>${intervalText(
    estimate,
    text,
  )}${count(report, estimate)}</small>${intervalBar(estimate, style)}</td>`;
}

/** Of how many clips a value is, where it is not of all. */
function count(report: EvaluationReport, { clips }: Estimate): string {
  return clips === report.dataset.clips.length ? '' : ` n=${clips}`;
}

function best(report: EvaluationReport, { key, better }: MetricDescription): number | undefined {
  const values = report.systems
    .filter(({ kind }) => kind === 'system')
    .map(({ metrics }) => metrics[key]?.value)
    .filter(isNumber);
  if (values.length < 2 || better === 'neither') return undefined;
  const badness = { higher: (v: number) => -v, lower: (v: number) => v, 'nearer 0': Math.abs }[better];
  return values.reduce((a, b) => (badness(b) < badness(a) ? b : a));
}
