/** The report as a page: sections in the order of reading, from the table to each clip. */

import { EvaluationError } from '../errors.js';
import type { PageMedia } from './page-media.js';
import { ablationBars } from './parts/ablation-bars.js';
import { clipCard, laneLegend } from './parts/clip-card.js';
import { clipTable } from './parts/clip-table.js';
import { differenceTables } from './parts/difference-tables.js';
import {
  cautions,
  failureList,
  GROUPS,
  licenceList,
  metricExplanations,
  systemDescriptions,
} from './parts/explanations.js';
import { html, jsonMarkup, Markup } from './parts/markup.js';
import { metricTable } from './parts/metric-table.js';
import { timingHistograms } from './parts/timing-errors.js';
import type { EvaluationReport, MetricDescription } from './report.js';

export interface PageParts {
  /** Clips that have a card, the first of the dataset. */
  cards: number;
  /** Metrics of the first table. */
  headline: readonly MetricDescription[];
  media: PageMedia;
  sourceOf: (file: string) => string;
  /** Elements that hold the media, where they are in the page. */
  embedded: Markup;
  style: string;
  script: string;
}

/** Metrics of the first table where none are named, those of them that the report has; else its first ones. */
const HEADLINE: readonly string[] = [
  ...['f1-50', 'f1-100', 'f1-50-best-lag', 'timing-error', 'envelope'],
  ...['stft-l1', 'log-mel', 'fd-onset'],
];

/** @throws {EvaluationError} for a key that the report has no metric of */
export function headlineMetrics({ metrics }: EvaluationReport, keys?: readonly string[]): MetricDescription[] {
  if (keys === undefined) {
    const found = HEADLINE.flatMap((key) => metrics.filter((metric) => metric.key === key));
    return found.length > 0 ? found : metrics.slice(0, HEADLINE.length);
  }
  return keys.map((key) => {
    const found = metrics.find((metric) => metric.key === key);
    if (found) return found;
    throw new EvaluationError(
      `report: no metric is named ${key}; its first table can show ${metrics.map((metric) => metric.key).join(', ')}`,
    );
  });
}

export function reportPage(report: EvaluationReport, parts: PageParts): string {
  const { dataset } = report;
  const sections = sectionsOf(report, parts).filter(({ body }) => body !== undefined);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Evaluation on ${dataset.name}</title>
<link rel="icon" href="data:,">
<style>${new Markup(parts.style)}</style>
</head>
<body>
<header class="top">
<h1>Evaluation on ${dataset.name}</h1>
${dataset.description !== undefined && html`<p class="lead">${dataset.description}</p>`}
<p class="facts">${facts(report)}</p>
<nav aria-label="Sections"><ul>${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
${cautionList(report)}
</header>
<main>
${sections.map(({ id, title, body }) => html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>\n${body}</section>\n`)}
</main>
<footer><button type="button" data-save="${dataset.name}">Save the figures as JSON</button></footer>
<noscript><p>Sounds, videos and spectrograms need JavaScript; the figures do not.</p></noscript>
<script type="application/json" id="report">${jsonMarkup(report)}</script>
${parts.embedded}<script type="module">${new Markup(parts.script)}</script>
</body>
</html>
`.text;
}

function facts({ dataset, seeds, systems }: EvaluationReport): string {
  const count = (n: number, one: string): string => `${n} ${n === 1 ? one : `${one}s`}`;
  const events = dataset.clips.reduce((sum, clip) => sum + clip.events.length, 0);
  return [
    count(dataset.clips.length, 'clip'),
    count(events, 'event'),
    count(systems.filter(({ kind }) => kind === 'system').length, 'system'),
    `${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`,
  ].join(' · ');
}

function cautionList(report: EvaluationReport): Markup | undefined {
  const found = cautions(report);
  return found.length > 0 ? html`<ul class="cautions">${found}</ul>` : undefined;
}

interface Section {
  id: string;
  title: string;
  /** Absent where the report has nothing of it. */
  body: Markup | undefined;
}

function sectionsOf(report: EvaluationReport, parts: PageParts): Section[] {
  const { differences, ablation, failures } = report;
  const events = report.dataset.clips.some((clip) => clip.events.length > 0);
  return [
    { id: 'results', title: 'Results', body: report.systems.length > 0 ? results(report, parts) : undefined },
    { id: 'ablation', title: 'Ablation', body: ablation && ablationSection(report, ablation) },
    {
      id: 'differences',
      title: 'Differences',
      body:
        differences.length > 0
          ? html`<p>Over the clips that both have. A difference is shown where its interval leaves out 0; p is of a two-sided paired permutation test, of each metric by itself, not corrected for the number of tests.</p>${differenceTables(report, parts.headline)}`
          : undefined,
    },
    {
      id: 'timing',
      title: 'Timing errors',
      body:
        report.systems.length > 0 && events
          ? html`<p>Onset less event, of the pairs matched within 100 ms; to the right the sound is late. The height of a bar is its share of all events, on one scale in all panels: what does not see the video is low and flat.</p>${timingHistograms(report)}`
          : undefined,
    },
    { id: 'clips', title: 'Clips', body: report.systems.length > 0 ? clips(report, parts) : undefined },
    { id: 'failures', title: 'Not scored', body: failures.length > 0 ? failureList(report) : undefined },
    {
      id: 'reading',
      title: 'How to read the figures',
      body: html`<p>${INTERVALS}</p>${metricExplanations(report)}`,
    },
    { id: 'licences', title: 'Licences of the clips', body: licenceList(report) },
  ];
}

const INTERVALS =
  'Intervals are 95 % bootstrap intervals over clips. A line is drawn over each interval and a dot at its value, over the range of the column. n is the number of clips (of distributions: of sounds) where a figure is not taken of all. Bold is the best value among the systems, whether or not the difference is shown.';

function results(report: EvaluationReport, { headline }: PageParts): Markup {
  const groups = GROUPS.map(({ group, title }) => {
    const metrics = report.metrics.filter((metric) => metric.group === group);
    return metrics.length > 0 && metricTable(report, metrics, title);
  });
  return html`${metricTable(report, headline, 'Chosen metrics')}
<p class="note">In brackets 95 % intervals; each name leads to <a href="#reading">how to read it</a>.</p>
<details><summary>What the rows are</summary>${systemDescriptions(report)}</details>
<details class="all"><summary>All ${report.metrics.length} metrics</summary>${groups}</details>`;
}

function ablationSection(report: EvaluationReport, ablation: NonNullable<EvaluationReport['ablation']>): Markup {
  const metric = report.metrics.find(({ key }) => key === ablation.metric);
  if (metric) return ablationBars(ablation, metric);
  throw new EvaluationError(`report: the ablation is of ${ablation.metric}, which is none of the report's metrics`);
}

function clips(report: EvaluationReport, { cards, headline, media, sourceOf }: PageParts): Markup {
  const all = report.dataset.clips;
  const metric = headline[0];
  return html`<p>Choose a sound to hear it with the picture; choosing another while it plays goes on at the same time. Picture and sound are two elements, kept together within about a frame. Waveforms are drawn to their own peaks, quiet ones (below −34 dBFS) smaller; spectrograms are log-mel, 50 Hz to 8 kHz, over 70 dB.${
    cards < all.length && ` The first ${cards} of ${all.length} clips are here; the table and the JSON have all.`
  }</p>
${laneLegend()}
${metric && html`<details><summary>${metric.label} clip by clip</summary>${clipTable(report, metric, cards)}</details>`}
${all.slice(0, cards).map((clip, i) => clipCard(clip, i, { report, media, sourceOf, metric }))}`;
}
