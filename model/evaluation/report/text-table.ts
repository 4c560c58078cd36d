/** A report as lines of text: the figures that are looked at first, a system a line. */

import type { Estimate, EvaluationReport, MetricDescription } from './report.js';

/** Metrics of the table, as many of them as the report has. */
const COLUMNS = ['f1-50', 'f1-100', 'f1-50-best-lag', 'envelope', 'stft-l1', 'log-mel'];

/** Systems with their 95 % intervals, then failures and what is missing. */
export function textTable({ systems, metrics, dataset, failures, missing = [] }: EvaluationReport): string {
  const columns = COLUMNS.flatMap((key) => metrics.filter((metric) => metric.key === key));
  const rows = systems.map((system) => [system.name, ...columns.map(({ key }) => inWords(system.metrics[key]))]);
  const header = [`${dataset.name}, ${dataset.clips.length} clips`, ...columns.map(titleOf)];
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const lines = [header, ...rows].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
  return [
    ...lines,
    ...missing.map(({ system, reason }) => `missing: ${system}: ${reason}`),
    ...failures.map(({ system, clip, error }) => `failed: ${system}, ${clip}: ${error}`),
  ].join('\n');
}

const titleOf = ({ label, unit }: MetricDescription): string => (unit === '' ? label : `${label}, ${unit}`);

/** `0.812 [0.774, 0.845]`; `–` where it is not defined. */
function inWords(estimate: Estimate | undefined): string {
  if (!estimate || estimate.value === null) return '–';
  const { value, low, high } = estimate;
  const interval = low === undefined || high === undefined ? '' : ` [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  return value.toFixed(3) + interval;
}
