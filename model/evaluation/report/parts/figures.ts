/** How figures are written: decimals by metric, intervals, times, and the bars that show intervals. */

import type { Estimate, EvaluationReport, MetricDescription } from '../report.js';
import { html, type Markup } from './markup.js';

/** More decimals than these tell a reader nothing. */
const MOST_DECIMALS = 5;

/**
 * Decimals by which the intervals of the estimates have two digits, or the values three where there are no intervals. The
 * median decides: one outlier changes nothing.
 */
export function decimalsFor(estimates: readonly Estimate[]): number {
  const widths = estimates.map(({ low, high }) => (isNumber(low) && isNumber(high) ? (high - low) / 2 : 0));
  const width = medianOfPositive(widths);
  const size = medianOfPositive(estimates.map(({ value }) => Math.abs(value ?? 0)));
  const lastDigit = width !== undefined ? width / 10 : (size ?? 1) / 100;
  return Math.max(0, Math.min(MOST_DECIMALS, -Math.floor(Math.log10(lastDigit))));
}

function medianOfPositive(values: readonly number[]): number | undefined {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value)).sort((a, b) => a - b);
  return positive[Math.floor(positive.length / 2)];
}

/** A number with a true minus sign; `–` where there is none. */
export function numberText(value: number | null | undefined, decimals: number): string {
  if (!isNumber(value)) return '–';
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−');
}

export function isNumber(value: number | null | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** As `numberText`, with a plus sign where it is positive: for differences and signed errors. */
export function signedText(value: number | null | undefined, decimals: number): string {
  const text = numberText(value, decimals);
  return isNumber(value) && value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

export function probabilityText(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** The number in an element that keeps its exact value. */
export function dataElement(value: number | null | undefined, text: string): Markup {
  return isNumber(value) ? html`<data value="${value}">${text}</data>` : html`<span class="none">${text}</span>`;
}

/** `[low, high]`, or nothing where there is no interval. */
export function intervalText({ low, high }: Estimate, text: (value: number) => string): string {
  return isNumber(low) && isNumber(high) ? `[${text(low)}, ${text(high)}]` : '';
}

/** How a metric is written wherever it is on the page, and the range that its intervals are drawn over. */
export interface MetricStyle {
  decimals: number;
  low: number;
  high: number;
}

export function metricStyle(report: EvaluationReport, { key, better }: MetricDescription): MetricStyle {
  const estimates = report.systems.map(({ metrics }) => metrics[key]).filter((estimate) => estimate !== undefined);
  const bounds = estimates.flatMap(({ value, low, high }) => [value, low, high]).filter(isNumber);
  if (better === 'nearer 0') bounds.push(0);
  return {
    decimals: decimalsFor(estimates),
    low: bounds.length > 0 ? Math.min(...bounds) : 0,
    high: bounds.length > 0 ? Math.max(...bounds) : 0,
  };
}

/** A dot at the value and a line over its interval, from `range.low` at the left to `range.high` at the right. */
export function intervalBar({ value, low, high }: Estimate, range: { low: number; high: number }): Markup | undefined {
  if (!isNumber(value) || !(range.high > range.low)) return undefined;
  const percent = (x: number): string => ((100 * (x - range.low)) / (range.high - range.low)).toFixed(1);
  const [from, to] = isNumber(low) && isNumber(high) ? [low, high] : [value, value];
  const zero = range.low < 0 && range.high > 0 && html`<i class="zero" style="left:${percent(0)}%"></i>`;
  return html`<span class="interval" aria-hidden="true">${zero}<i class="line" style="left:${percent(from)}%;right:${(
    100 - Number(percent(to))
  ).toFixed(1)}%"></i><i class="dot" style="left:${percent(value)}%"></i></span>`;
}

/** What is better, as a sign beside the metric's name. */
export function directionSign({ better }: MetricDescription): Markup | undefined {
  if (better === 'neither') return undefined;
  const sign = { higher: '↑', lower: '↓', 'nearer 0': '→0' }[better];
  return html`<span class="direction" role="img" aria-label="${better} is better" title="${better} is better">${sign}</span>`;
}
