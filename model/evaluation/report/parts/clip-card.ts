/** A clip's card: its picture, the sounds of all systems over one time axis, and spectrograms of two of them. */

import type { PageMedia, ShownSound } from '../page-media.js';
import { WAVEFORM_HEIGHT, WAVEFORM_WIDTH } from '../pictures/waveform.js';
import type { ClipReport, EvaluationReport, MetricDescription, ReportClip, SystemReport } from '../report.js';
import { dataElement, metricStyle, numberText } from './figures.js';
import { html, type Markup } from './markup.js';

export interface CardContext {
  report: EvaluationReport;
  media: PageMedia;
  /** Where the page finds a file of the media. */
  sourceOf: (file: string) => string;
  /** The metric that stands beside each sound. */
  metric: MetricDescription | undefined;
}

/** Half of the band around an event, seconds: the narrower tolerance of matching. */
const TOLERANCE = 0.05;
/** Heights of the marks, in the coordinates of the waveform. */
const MARK = 22;

/** Height of an event's tick over a spectrogram. */
const TICK = 14;

/** A system's result on the clip. */
interface Result {
  system: SystemReport;
  clip: ClipReport;
  /** The system's name, with the seed where it has several. */
  label: string;
  sound: ShownSound | undefined;
}

export function clipCard(clip: ReportClip, index: number, context: CardContext): Markup {
  const { report, media } = context;
  const results = report.systems.flatMap((system) => resultsOf(system, clip, media));
  const references = results.filter(({ system }) => system.kind === 'reference');
  const truth = references.find(({ sound }) => sound !== undefined);
  const open = [...(truth ? [truth] : []), ...results.filter(({ system }) => system.kind === 'system')];
  const folded = results.filter((result) => !open.includes(result));
  const failed = report.failures.filter((failure) => failure.clip === clip.name);
  const chosen = open.find(({ system, sound }) => system.kind === 'system' && sound) ?? open.find(({ sound }) => sound);
  const lane = (result: Result): Markup => laneOf(result, clip, context, result === chosen);
  return html`<article class="clip" id="clip-${index}" aria-labelledby="clip-${index}-name" data-seconds="${clip.seconds}">
<header><h3 id="clip-${index}-name">${clip.name}</h3><p>${clipFacts(clip)}</p></header>
<div class="stage">${stage(clip, context, results)}</div>
<div class="lanes">
${context.metric && html`<p class="column" aria-hidden="true">${context.metric.label}</p>`}
<ul>${open.map(lane)}${failed.map(({ system, error }) => html`<li class="lane failed"><span>${system}</span><span>not scored: ${error}</span></li>`)}</ul>
${
  folded.length > 0 &&
  html`<details><summary>${folded.length} more: references and controls</summary><ul>${folded.map(lane)}</ul></details>`
}
${timeAxis(clip.seconds)}
${spectra(clip, truth, chosen, context)}
</div></article>
`;
}

function resultsOf(system: SystemReport, { name }: ReportClip, { sounds }: PageMedia): Result[] {
  const seeds = new Set(system.clips.map(({ seed }) => seed));
  return system.clips
    .filter(({ clip }) => clip === name)
    .map((clip) => ({
      system,
      clip,
      label: seeds.size > 1 ? `${system.name}, seed ${clip.seed}` : system.name,
      sound: clip.sound === undefined ? undefined : sounds.get(clip.sound),
    }));
}

/** What is known of the clip, in one line. */
function clipFacts({ seconds, class: className, eventSource, events, offset, licence }: ReportClip): string {
  const optional = events.filter((event) => event.optional).length;
  const counted = `${events.length} ${events.length === 1 ? 'event' : 'events'}`;
  const source = {
    annotation: 'annotated',
    'true audio': 'of the true audio',
    'video alone': 'seen in the video alone',
  };
  return [
    className,
    `${numberText(seconds, 1)} s`,
    eventSource === 'none'
      ? 'no events: not scored for synchrony'
      : `${counted} ${source[eventSource]}${optional > 0 ? ` (${optional} optional)` : ''}`,
    offset !== 0 && `its own sound is ${numberText(Math.abs(offset) * 1000, 0)} ms ${offset > 0 ? 'late' : 'early'}`,
    licence,
  ]
    .filter((fact) => fact)
    .join(' · ');
}

/** The picture with the controls of the player; a clip without sounds has only a picture. */
function stage(clip: ReportClip, { media, sourceOf }: CardContext, results: readonly Result[]): Markup {
  const picture = media.pictures.get(clip.name);
  const fault = clip.video !== undefined && media.faults.get(clip.video);
  const plays = results.some(({ sound }) => sound);
  return html`${
    picture !== undefined
      ? html`<video muted playsinline preload="auto" data-source="${sourceOf(picture)}" aria-label="The picture of ${clip.name}"${
          !plays && html` controls`
        }></video>`
      : html`<p class="no-picture">${fault ? `The video could not be shown: ${fault}` : 'No video is kept.'}</p>`
  }${
    plays &&
    html`<audio preload="none"></audio>
<div class="player"><button type="button" class="play" aria-label="Play ${clip.name}"></button><input type="range" min="0" max="${
      clip.seconds
    }" step="0.01" value="0" aria-label="Position in seconds"><output>${'0.00'}</output></div>
<div class="settings"><label>speed <select><option value="1">1×</option><option value="0.5">½×</option><option value="0.25">¼×</option></select></label>
<label><input type="checkbox"> repeat</label></div>`
  }`;
}

function laneOf(result: Result, clip: ReportClip, context: CardContext, chosen: boolean): Markup {
  const { sound, label, system } = result;
  const button =
    sound &&
    html`<button type="button" aria-pressed="${chosen ? 'true' : 'false'}" data-source="${context.sourceOf(
      sound.file,
    )}" data-spectrogram="${context.sourceOf(sound.spectrogram)}"><i></i><span>${label}</span></button>`;
  const { metric, report } = context;
  const value = metric && result.clip.metrics[metric.key];
  const fault = result.clip.sound !== undefined && context.media.faults.get(result.clip.sound);
  return html`<li class="lane ${system.kind}">${button || html`<span class="name" title="${fault || 'no sound is kept'}">${label}</span>`}
<div class="track">${wave(result, clip)}<i class="playhead"></i></div>${
    metric &&
    html`<span class="score">${dataElement(value, numberText(value, metricStyle(report, metric).decimals))}</span>`
  }</li>
`;
}

/** Waveform, events and onsets over the clip's time. */
function wave({ clip: { onsets, events = [] }, sound, label }: Result, clip: ReportClip): Markup {
  const x = (time: number): string => ((time / clip.seconds) * WAVEFORM_WIDTH).toFixed(1);
  const within = (time: number): boolean => time >= 0 && time <= clip.seconds;
  const found = onsets.filter(within).map((time) => `M${x(time)} ${WAVEFORM_HEIGHT}v-${MARK}`);
  const predicted = events.filter(({ time }) => within(time));
  const words = `${label}: ${onsets.length} onsets${onsets.length > 0 ? ` at ${onsets.map((t) => t.toFixed(2)).join(', ')} s` : ''}`;
  return html`<svg viewBox="0 0 ${WAVEFORM_WIDTH} ${WAVEFORM_HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${words}">${eventBands(
    clip,
  )}${sound && html`<path class="wave" d="${sound.waveform}"/>`}${eventLines(clip)}${predicted.map(
    ({ time, probability }) =>
      html`<path class="predicted" d="M${x(time)} 0v${MARK}" opacity="${Math.max(0.15, Math.min(1, probability)).toFixed(2)}"/>`,
  )}${found.length > 0 && html`<path class="onset" d="${found.join('')}"/>`}</svg>`;
}

/** Bands of the narrower tolerance around the events, lighter for optional ones. */
function eventBands({ events, seconds }: ReportClip): readonly Markup[] {
  const scale = WAVEFORM_WIDTH / seconds;
  return events.map(
    ({ time, optional }) =>
      html`<rect class="event${optional && ' optional'}" x="${((time - TOLERANCE) * scale).toFixed(1)}" y="0" width="${(
        2 * TOLERANCE * scale
      ).toFixed(1)}" height="${WAVEFORM_HEIGHT}"/>`,
  );
}

function eventLines({ events, seconds }: ReportClip, height: number = WAVEFORM_HEIGHT): readonly Markup[] {
  const scale = WAVEFORM_WIDTH / seconds;
  return events.map(
    ({ time, optional }) =>
      html`<path class="event${optional && ' optional'}" d="M${(time * scale).toFixed(1)} 0V${height}"/>`,
  );
}

/** Seconds between labels of the axis: the smallest that gives at most `MOST_LABELS`. */
const STEPS: readonly number[] = [0.25, 0.5, 1, 2, 5, 10, 30, 60, 300];
const MOST_LABELS = 8;

function timeAxis(seconds: number): Markup {
  const step = STEPS.find((candidate) => seconds / candidate <= MOST_LABELS) ?? seconds;
  const labels = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, i) => i * step);
  return html`<div class="axis" aria-hidden="true"><div>${labels.map(
    (time) =>
      html`<span style="left:${((100 * time) / seconds).toFixed(2)}%">${String(time)}${time === 0 && ' s'}</span>`,
  )}</div></div>`;
}

/** Spectrograms of the true audio and of the sound that is chosen, with ticks at the events. */
function spectra(
  clip: ReportClip,
  truth: Result | undefined,
  chosen: Result | undefined,
  { sourceOf }: CardContext,
): Markup | undefined {
  if (!truth && !chosen) return undefined;
  const picture = (result: Result, className: string): Markup | undefined =>
    result.sound &&
    html`<figure class="${className}"><figcaption>${result.label}</figcaption><div class="track"><img alt="Spectrogram of ${
      result.label
    }" data-source="${sourceOf(result.sound.spectrogram)}"><svg viewBox="0 0 ${WAVEFORM_WIDTH} ${WAVEFORM_HEIGHT}" preserveAspectRatio="none" aria-hidden="true">${eventLines(
      clip,
      TICK,
    )}</svg><i class="playhead"></i></div></figure>`;
  return html`<div class="spectra">${truth && truth !== chosen && picture(truth, 'truth')}${chosen && picture(chosen, 'chosen')}</div>`;
}

/** What the marks of the lanes mean. */
export function laneLegend(): Markup {
  const mark = (className: string, shape: Markup, words: string): Markup =>
    html`<li><svg class="${className}" viewBox="0 0 24 16" aria-hidden="true">${shape}</svg>${words}</li>`;
  return html`<ul class="legend">
${mark('event', html`<rect class="event" x="6" y="0" width="12" height="16"/><path class="event" d="M12 0V16"/>`, `reference event ±${TOLERANCE * 1000} ms`)}
${mark('event', html`<rect class="event optional" x="6" y="0" width="12" height="16"/><path class="event optional" d="M12 0V16"/>`, 'optional event: neither demanded nor punished')}
${mark('onset', html`<path class="onset" d="M12 16V8"/>`, 'onset detected in the sound')}
${mark('predicted', html`<path class="predicted" d="M12 0V8"/>`, 'event that the system itself predicts')}
</ul>`;
}
