/** The report in a browser: it opens from the disk, plays, and shows the figures of its JSON. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { writeReport } from '../../../../model/evaluation/report/html.js';
import type { EvaluationReport } from '../../../../model/evaluation/report/report.js';
import { sampleClip } from '../../../../model/media/sample.js';
import { sharedBrowser } from '../../../harness/browser.js';
import { cleanups, suite } from '../../../harness/suite.js';
import { syntheticReport } from './synthetic-report.js';

const test = suite('evaluation: the report in a browser');

const folder = mkdtempSync(join(tmpdir(), 'onset-report-browser-'));
cleanups.push(() => rmSync(folder, { recursive: true, force: true }));

/** A report of two clips, with its media inside the page or in files beside it; each is written once. */
const reports = new Map<string, Promise<EvaluationReport>>();

async function write(where: 'inside' | 'beside'): Promise<EvaluationReport> {
  const { path: video, seconds, events } = sampleClip();
  const clip = { seconds, video, eventSource: 'annotation', offset: 0 } as const;
  const report = await syntheticReport(folder, [
    { ...clip, name: 'bounce', events },
    { ...clip, name: 'again', events: events.map((event, i) => ({ ...event, optional: i % 3 === 0 })) },
  ]);
  await writeReport(report, join(folder, `${where}.html`), where === 'beside' ? { embedLimit: 1 } : {});
  return report;
}

interface Opened {
  page: Page;
  report: EvaluationReport;
  /** Closes the page. Nothing may have gone wrong in it, nor any address but files have been asked for. */
  close(): Promise<void>;
}

/** Opens a report from the disk. */
async function open(where: 'inside' | 'beside', { width = 1280 } = {}): Promise<Opened> {
  const browser = await sharedBrowser();
  if (!reports.has(where)) reports.set(where, write(where));
  const report = await reports.get(where)!;
  const page = await browser.newPage({ viewport: { width, height: 800 } });
  const faults: string[] = [];
  page.on('console', (message) => void (message.type() === 'error' && faults.push(message.text())));
  page.on('pageerror', (error) => void faults.push(error.message));
  page.on('request', (request) => void (/^(file|data|blob):/.test(request.url()) || faults.push(request.url())));
  await page.goto(pathToFileURL(join(folder, `${where}.html`)).href);
  return {
    page,
    report,
    async close() {
      await page.close();
      assert.deepEqual(faults, []);
    },
  };
}

/** Waits until the sound of a clip has played for a quarter of a second, and gives the times of sound and picture. */
async function playedTimes(page: Page, clip: string): Promise<{ sound: number; picture: number }> {
  const times = `(() => { const card = document.querySelector('${clip}');
    return { sound: card.querySelector('audio').currentTime, picture: card.querySelector('video').currentTime }; })()`;
  await page.waitForFunction(`${times}.sound > 0.25`);
  return page.evaluate(times);
}

for (const where of ['inside', 'beside'] as const) {
  test(`a clip plays with the chosen sound: media ${where} the page`, async () => {
    const { page, close } = await open(where);
    const card = page.locator('#clip-0');
    await card.scrollIntoViewIfNeeded();
    await card.getByRole('button', { name: 'VTA-LDM' }).click();
    const { sound, picture } = await playedTimes(page, '#clip-0');
    assert.ok(picture > 0, `the picture plays too: it is at ${picture} s, the sound at ${sound} s`);
    assert.equal(await card.locator('.play').getAttribute('aria-label'), 'Pause bounce');
    assert.equal(await card.locator('.spectra .chosen figcaption').textContent(), 'VTA-LDM');
    await page.waitForFunction(
      `[...document.querySelectorAll('#clip-0 .spectra img')].filter((image) => image.naturalWidth > 100).length === 2`,
    );
    // The other clip's sound silences this one.
    await page.locator('#clip-1 .play').press('Enter');
    await playedTimes(page, '#clip-1');
    assert.equal(await page.evaluate(`document.querySelector('#clip-0 audio').paused`), true);
    assert.equal(await card.locator('.play').getAttribute('aria-label'), 'Play bounce');
    await close();
  });
}

test('the figures on the page are those of the JSON', async () => {
  const { page, report, close } = await open('inside');
  for (const { name, metrics } of report.systems) {
    for (const key of ['f1-50', 'f1-100', 'stft-l1']) {
      const shown = page.locator(`#results td[data-system="${name}"][data-metric="${key}"] data`).first();
      const value = metrics[key]!.value!;
      const text = (await shown.textContent())!;
      const decimals = text.split('.')[1]!.length;
      assert.ok(decimals >= 2 && text === value.toFixed(decimals), `${name}, ${key}: ${text} for ${value}`);
    }
  }
  const kept = await page.evaluate(`JSON.parse(document.getElementById('report').textContent)`);
  assert.deepEqual(kept, JSON.parse(JSON.stringify(report)));
  await close();
});

for (const scheme of ['light', 'dark'] as const) {
  test(`on a phone nothing is wider than the screen: ${scheme}`, async () => {
    const { page, close } = await open('inside', { width: 390 });
    await page.emulateMedia({ colorScheme: scheme });
    await page.evaluate(`{
      for (const each of document.querySelectorAll('details')) each.open = true;
      for (const card of document.querySelectorAll('.clip')) card.style.contentVisibility = 'visible';
    }`);
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
    const dark = await page.evaluate(
      `getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every((value) => value < 64)`,
    );
    assert.equal(dark, scheme === 'dark');
    await close();
  });
}

test('seeking by the keyboard moves picture and sound', async () => {
  const { page, close } = await open('inside');
  const card = page.locator('#clip-0');
  await card.scrollIntoViewIfNeeded();
  const slider = card.getByRole('slider');
  await slider.focus();
  await page.keyboard.press('End');
  assert.equal(await card.locator('output').textContent(), '4.00');
  await page.keyboard.press('Home');
  for (let i = 0; i < 5; i++) await page.keyboard.press('PageUp');
  const at = Number(await card.locator('output').textContent());
  assert.ok(at > 1 && at < 3, `after five steps it is at ${at} s`);
  await card.locator('.play').click();
  await page.waitForFunction(`document.querySelector('#clip-0 audio').currentTime > ${at + 0.1}`);
  await close();
});

test.run();
