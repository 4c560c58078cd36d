/** A headless Chromium for tests of pages. */

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { cleanups, Unsupported } from './suite.js';

/** Names under which systems install it. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

let shared: Promise<Browser> | undefined;

/**
 * The browser of this process: `$CHROMIUM`, or the first one on the `PATH`.
 * @throws {Unsupported} when there is none
 */
export function sharedBrowser(): Promise<Browser> {
  if (!shared) {
    const executablePath = process.env.CHROMIUM ?? onPath();
    if (executablePath === undefined) {
      throw new Unsupported('there is no Chromium; `apt-get install chromium`, or set CHROMIUM to the path of one');
    }
    shared = chromium.launch({ executablePath, args: ['--autoplay-policy=no-user-gesture-required'] });
    cleanups.push(async () => (await shared)?.close());
  }
  return shared;
}

function onPath(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}
