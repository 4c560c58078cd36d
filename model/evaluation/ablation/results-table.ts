/** The results of an ablation as a table in Markdown, which can be read as it is. */

import type { Estimate } from '../report/report.js';
import type { AblationResults, CellResult } from './results.js';

/** Cells with everything that is known of them, then controls, then runs that failed. */
export function ablationTable(results: AblationResults): string {
  const { metric, cells, controls, failures, seeds, reference, dataset } = results;
  const header = [
    'cell',
    `${metric.label} [95 %]`,
    seeds.length === 1 ? `seed ${seeds[0]}` : `seeds ${seeds.join(', ')}`,
    `less ${reference} [95 %]`,
    'p',
    'shuffled video',
    'parameters',
    'training',
  ];
  const rows = cells.map((cell) => [
    cell.name,
    inWords(cell.estimate),
    cell.bySeed.map(numberText).join(', '),
    cell.difference ? inWords(cell.difference.estimate, true) : '',
    cell.difference ? probabilityText(cell.difference.p) : '',
    numberText(cell.shuffled?.value ?? null),
    parametersText(cell),
    `${cell.cost.seconds.toFixed(0)} s`,
  ]);
  const ofControls = controls.map(({ name, estimate }) => [name, inWords(estimate), '', '', '', '', '', '']);
  return [
    `${dataset.name}, ${dataset.clips} clips`,
    '',
    ...markdownTable(header, [...rows, ...ofControls]),
    ...(failures.length > 0 ? [''] : []),
    ...failures.map(({ cell, seed, error }) => `failed: ${cell}, seed ${seed}: ${error}`),
  ].join('\n');
}

function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string => `| ${row.map((text, i) => text.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(header), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)];
}

const probabilityText = (p: number): string => (p < 0.001 ? '< 0.001' : p.toFixed(3));

const numberText = (value: number | null): string => (value === null ? '–' : value.toFixed(3));

/** `0.812 [0.774, 0.845]`, with `signed` always with a sign. */
function inWords({ value, low, high }: Estimate, signed: boolean = false): string {
  if (value === null) return '–';
  const text = (x: number): string => (signed && x >= 0 ? '+' : '') + x.toFixed(3);
  return text(value) + (low === undefined || high === undefined ? '' : ` [${text(low)}, ${text(high)}]`);
}

function parametersText({ cost: { parameters } }: CellResult): string {
  const total = parameters.codec + parameters.encoder + parameters.generator;
  return total < 1e6 ? `${(total / 1e3).toFixed(0)} k` : `${(total / 1e6).toFixed(2)} M`;
}
