/** Files that a page shows or plays: inside the page, or in a folder beside it. */

import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { html, Markup } from './parts/markup.js';

/** Endings by media type. */
const ENDINGS = { 'audio/flac': 'flac', 'video/mp4': 'mp4', 'image/png': 'png' } as const;

export type AssetType = keyof typeof ENDINGS;

/** Name of a file in the folder; what has another name there is not ours. */
const OWN_NAME = /^[0-9a-f]{20}\.(flac|mp4|png)$/;

/** Files by content: equal ones, such as a sound and its shuffled control, are kept once. */
export class Assets {
  readonly #files = new Map<string, { type: AssetType; bytes: Buffer }>();

  /** Adds a file and gives its name. */
  add(bytes: Buffer, type: AssetType): string {
    const name = `${createHash('sha256').update(bytes).digest('hex').slice(0, 20)}.${ENDINGS[type]}`;
    this.#files.set(name, { type, bytes });
    return name;
  }

  /** Bytes that all of them take inside a page. */
  get embeddedBytes(): number {
    let sum = 0;
    for (const { bytes } of this.#files.values()) sum += 4 * Math.ceil(bytes.length / 3) + 100;
    return sum;
  }

  /** Elements of a page that hold the files; the name with a leading `#` is the source. */
  embedded(): Markup {
    const elements = [...this.#files].map(
      ([name, { type, bytes }]) =>
        html`<script type="text/plain" id="${name}" data-type="${type}">${new Markup(bytes.toString('base64'))}</script>\n`,
    );
    return html`${elements}`;
  }

  /** Writes the files into a folder; those of an earlier report that are there whole stay. */
  async writeTo(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    for (const [name, { bytes }] of this.#files) {
      const path = join(folder, name);
      const there = await stat(path).catch(() => undefined);
      if (there?.size !== bytes.length) await writeFile(path, bytes);
    }
  }

  /** Removes from a folder what earlier reports have written there and this one does not use. */
  async sweep(folder: string, used: boolean): Promise<void> {
    for (const name of await readdir(folder).catch(() => [])) {
      if (OWN_NAME.test(name) && !(used && this.#files.has(name))) await rm(join(folder, name), { force: true });
    }
    // Fails where other files lie in it; they are the user's.
    if (!used) await rmdir(folder).catch(() => {});
  }
}
