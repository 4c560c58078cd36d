import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EvaluationError } from '../../../../model/evaluation/errors.js';
import { writeReport } from '../../../../model/evaluation/report/html.js';
import type { EvaluationReport, ReportClip } from '../../../../model/evaluation/report/report.js';
import { sampleClip } from '../../../../model/media/sample.js';
import { cleanups, suite } from '../../../harness/suite.js';
import { syntheticReport } from './synthetic-report.js';

const test = suite('evaluation: the HTML report');

const folder = mkdtempSync(join(tmpdir(), 'onset-report-'));
cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

const { path: video, seconds, events } = sampleClip();
const bounce: ReportClip = {
  name: 'bounce',
  seconds,
  video,
  eventSource: 'annotation',
  events,
  offset: 0.08,
  licence: 'CC0-1.0',
};

/** A report of one clip, changed as a test needs it. */
const report = async (change: Partial<ReportClip> = {}): Promise<EvaluationReport> =>
  syntheticReport(folder, [{ ...bounce, ...change }]);

/** The same without video and sounds: for what only concerns the text. */
async function textReport(change: Partial<ReportClip> = {}): Promise<EvaluationReport> {
  const base = await report({ ...change, video: undefined });
  const systems = base.systems.map((system) => ({
    ...system,
    clips: system.clips.map((clip) => ({ ...clip, sound: undefined })),
  }));
  return JSON.parse(JSON.stringify({ ...base, systems }));
}

/** The values of all `data` elements of a table cell of the page's first table. */
function cell(page: string, system: string, metric: string): string[] {
  const found = new RegExp(`<td data-system="${system}" data-metric="${metric}"[^>]*>(.*?)</td>`, 's').exec(page);
  return [...found![1]!.matchAll(/<data value="([^"]+)">([^<]+)</g)].flatMap(([, value, text]) => [value!, text!]);
}

test('figures stand in the table as they are in the report, with their intervals', async () => {
  const { systems } = await textReport();
  const written = await writeReport(await textReport(), at('figures.html'));
  assert.deepEqual(written.faults, []);
  const page = readFileSync(at('figures.html'), 'utf8');
  assert.equal(Buffer.byteLength(page), written.bytes);
  for (const { name, metrics } of systems) {
    const { value, low, high } = metrics['f1-50']!;
    assert.deepEqual(cell(page, name, 'f1-50'), [String(value), value!.toFixed(3)]);
    assert.ok(page.includes(`[${low!.toFixed(3)}, ${high!.toFixed(3)}]`.replaceAll('-', '−')), name);
  }
  assert.deepEqual(cell(page, 'White noise', 'timing-error'), [], 'what is not defined has no value');
  const kept = /<script type="application\/json" id="report">(.*?)<\/script>/s.exec(page)![1]!;
  assert.deepEqual(JSON.parse(kept), JSON.parse(JSON.stringify(await textReport())));
});

test('names and messages from outside are text, never markup', async () => {
  const hostile = `<script>alert(1)</script>"><img src=x onerror=alert(1)> & 'x'`;
  const base = await textReport({ name: hostile, class: hostile, licence: hostile });
  await writeReport(
    {
      ...base,
      dataset: { ...base.dataset, name: hostile, description: hostile },
      systems: base.systems.map((system) => ({ ...system, name: hostile, description: hostile })),
      failures: [{ system: hostile, clip: hostile, error: hostile }],
    },
    at('hostile.html'),
  );
  const page = readFileSync(at('hostile.html'), 'utf8');
  assert.ok(!page.includes('<script>alert'), 'no script of a name is an element');
  assert.ok(!page.includes('<img src=x'), 'no image of a name is an element');
});

test('media go into the page up to the limit, else into a folder beside it, and none is left over', async () => {
  const inside = await writeReport(await report(), at('size.html'));
  assert.equal(inside.files, undefined);
  assert.ok(!existsSync(at('size.files')));
  const beside = await writeReport(await report(), at('size.html'), { embedLimit: 200_000 });
  assert.equal(beside.files, at('size.files'));
  assert.ok(statSync(at('size.html')).size <= 200_000, `${beside.bytes} bytes`);
  const page = readFileSync(at('size.html'), 'utf8');
  const files = readdirSync(at('size.files'));
  assert.ok(files.some((file) => file.endsWith('.mp4')) && files.some((file) => file.endsWith('.flac')));
  for (const file of files) assert.ok(page.includes(`"size.files/${file}"`), `${file} is used`);
  writeFileSync(join(at('size.files'), 'notes.txt'), 'of the user');
  await writeReport(await report(), at('size.html'));
  assert.deepEqual(readdirSync(at('size.files')), ['notes.txt'], 'only what is ours is removed');
});

test('equal sounds are kept once', async () => {
  const base = await report();
  const [first] = base.systems;
  const copies = base.systems.map((system) => ({ ...system, clips: first!.clips }));
  await writeReport({ ...base, systems: copies }, at('equal.html'));
  assert.equal(readFileSync(at('equal.html'), 'utf8').match(/data-type="audio\/flac"/g)!.length, 1);
});

test('a video or sound that cannot be read is told of in its place, and the rest is there', async () => {
  const base = await report({ video: 'missing.mp4' });
  writeFileSync(at('sounds/0-0.wav'), 'no sound');
  const { faults } = await writeReport(base, at('faults.html'));
  assert.equal(faults.length, 2);
  const page = readFileSync(at('faults.html'), 'utf8');
  assert.match(page, /The video could not be shown: .*missing\.mp4: no such file/);
  assert.match(page, /title="[^"]*0-0\.wav: its sound does not decode/);
  assert.equal(page.match(/data-type="audio\/flac"/g)!.length, base.systems.length - 1);
});

test('cautions: few clips, clips without events, failures, missing controls', async () => {
  const base = await textReport({ eventSource: 'none', events: [] });
  const missing = [{ system: 'recordings', reason: 'nothing is fetched offline' }];
  await writeReport(
    { ...base, failures: [{ system: 'VTA-LDM', clip: 'bounce', error: 'no WAV' }], missing },
    at('cautions.html'),
  );
  const page = readFileSync(at('cautions.html'), 'utf8');
  assert.match(page, /1 clip proves little/);
  assert.match(page, /not scored for synchrony: bounce\./);
  assert.match(page, /1 clip could not be scored for all<\/a> and is left out of every figure/);
  assert.match(page, /Missing: recordings \(nothing is fetched offline\)/);
  assert.match(page, /<b>VTA-LDM<\/b> on <b>bounce<\/b>: no WAV/);
});

test('timing errors are shares of all events, in bins centered on 0; clips that failed count nowhere', async () => {
  const base = await textReport({ events: [1, 2, 3, 3.5].map((time) => ({ time })) });
  const [first] = base.systems;
  const errors = [0.004, -0.004, 0.09];
  const systems = [{ ...first!, clips: [{ ...first!.clips[0]!, timingErrors: errors }] }];
  const panelOf = async (report: EvaluationReport): Promise<string> => {
    await writeReport(report, at('timing.html'));
    return /<figure class="histogram system">.*?<\/figure>/s.exec(readFileSync(at('timing.html'), 'utf8'))![0];
  };
  const panel = await panelOf({ ...base, systems });
  assert.match(panel, /3 of 4 events matched/);
  assert.match(panel, /median \+4 ms, quartiles 0, \+47/);
  const bars = [...panel.matchAll(/<rect x="([\d.]+)" y="[\d.]+" width="[\d.]+" height="([\d.]+)"/g)];
  assert.deepEqual(
    bars.map(([, x, height]) => [Number(x), Number(height)]),
    [
      [100.8, 60],
      [190.8, 30],
    ],
  );
  const failed = await panelOf({ ...base, systems, failures: [{ system: 'x', clip: 'bounce', error: 'none' }] });
  assert.match(failed, /0 of 0 events matched/);
});

test('an ablation is drawn as bars, with the cost of each cell', async () => {
  const cells = [
    { name: 'base', estimate: { value: 0.7, low: 0.65, high: 0.75, clips: 40 }, seconds: 640 },
    { name: 'without flow', estimate: { value: 0.2, low: 0.15, high: 0.25, clips: 40 }, seconds: 600 },
  ];
  await writeReport({ ...(await textReport()), ablation: { metric: 'f1-50', cells } }, at('ablation.html'));
  const table = /<table class="ablation">.*?<\/table>/s.exec(readFileSync(at('ablation.html'), 'utf8'))![0];
  assert.match(
    table,
    /base<\/th>.*?<data value="0.7">0.700<\/data> <small>\[0.650, 0.750\]<\/small><\/td><td>11 min</s,
  );
  assert.match(table, /class="fill" style="left:0.0%;width:93.3%"/);
});

test('an unknown metric, or a folder that is not there, is named', async () => {
  await assert.rejects(async () => writeReport(await textReport(), at('x.html'), { headline: ['f2'] }), {
    name: EvaluationError.name,
    message: /no metric is named f2; its first table can show f1-50, /,
  });
  await assert.rejects(async () => writeReport(await textReport(), at('no/such/x.html')), {
    name: EvaluationError.name,
    message: /x\.html: the report was not written: there is no such file or folder/,
  });
});

test.run();
