/**
 * Provenance of a set of weights: which files belong to it, bit for bit, and what they were made with. A folder is
 * verified before it is used, and an artefact that depends on another (a generator on its codec, say) names it by sha256.
 */

import { z } from 'zod';
import { parseJson, schemaFaults } from '../engine/platform/json.js';
import { IntegrityError, ManifestError, ProvenanceError, quoted } from './errors.js';
import { digestFile, type FileDigest, joinPath, replaceFile, withFile } from './node-file.js';

export const MANIFEST_NAME = 'manifest.json';
const LONGEST_MANIFEST = 2 ** 20;

/** Name, size in bytes and sha256 (lower-case hexadecimal) of one file of the set. */
export interface ManifestFile {
  name: string;
  bytes: number;
  sha256: string;
}

export interface Manifest {
  model: string;
  version: string;
  files: ManifestFile[];
  trainedWith: {
    /** Path of the training config within the project. */
    config: string;
    configSha256: string;
    dataSeed: number;
    steps: number;
    engineVersion: string;
    /** Real clips, where there were any beside the procedural ones. */
    footage?: {
      /** Of its manifest.tsv. */
      manifestSha256: string;
      /** Over the sha256s of the clips' files. */
      clipsSha256: string;
      clips: number;
      /** Of all samples, those from footage: 0–1. */
      share: number;
    };
    /** Folders of sound without picture that the codec heard. */
    sounds?: {
      /** A regular expression that files' paths match; absent: all files. */
      match?: string;
      /** Over names and contents of the files. */
      sha256: string;
      clips: number;
      /** Of the codec's samples, those from this folder: 0–1. */
      share: number;
    }[];
  };
  /** What else the weights are of use with only: name → sha256. */
  dependsOn: Record<string, string>;
  /** Figures and remarks for people; nothing depends on them. */
  notes?: Record<string, string | number>;
}

const sha256Text = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits');
const text = z.string().min(1).max(1000);
const count = z.number().int().nonnegative();
const plainName = text.regex(/^(?!\.+$)[^/\\\p{Cc}:]+$/u, 'must be a plain file name, without folders');

const schema: z.ZodType<Manifest> = z.strictObject({
  model: text,
  version: text,
  files: z
    .array(z.strictObject({ name: plainName, bytes: count, sha256: sha256Text }))
    .min(1)
    .max(10_000)
    .refine((files) => new Set(files.map(({ name }) => name)).size === files.length, 'names a file twice'),
  trainedWith: z.strictObject({
    config: text,
    configSha256: sha256Text,
    dataSeed: count,
    steps: count,
    engineVersion: text,
    footage: z
      .strictObject({
        manifestSha256: sha256Text,
        clipsSha256: sha256Text,
        clips: count,
        share: z.number().min(0).max(1),
      })
      .optional(),
    sounds: z
      .array(
        z.strictObject({ match: text.optional(), sha256: sha256Text, clips: count, share: z.number().min(0).max(1) }),
      )
      .optional(),
  }),
  dependsOn: z.record(text, sha256Text),
  notes: z.record(text, z.union([z.string(), z.number()])).optional(),
});

/**
 * Checks a manifest's text or parsed JSON.
 * @throws {ManifestError} with every fault
 */
export function parseManifest(manifest: unknown, file: string = MANIFEST_NAME): Manifest {
  const result = schema.safeParse(
    typeof manifest === 'string' ? parseJson(manifest, notJson(manifest, file)) : manifest,
  );
  if (result.success) return result.data;
  throw new ManifestError(`the manifest is not valid: ${schemaFaults(result.error).slice(0, 10).join('; ')}`, {
    file,
    remedy: 'fetch the weights again, or use an engine of the version that wrote them',
  });
}

/**
 * Reads `manifest.json` of a folder.
 * @throws {SourceError} when it cannot be read
 * @throws {ManifestError} when it is not valid
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = await joinPath(folder, MANIFEST_NAME);
  const bytes = await withFile(path, async (source) => {
    if (source.size <= LONGEST_MANIFEST) return source.read(0, source.size);
    const [expected, found] = [`at most ${LONGEST_MANIFEST} bytes`, `${source.size}`];
    throw new ManifestError('the manifest is too long', { file: path, expected, found });
  });
  return parseManifest(new TextDecoder().decode(bytes), path);
}

/**
 * Writes `manifest.json` of a folder.
 * @throws {ManifestError} when the manifest is not valid
 * @throws {WriteError} when the system does not let it be written
 */
export async function writeManifest(folder: string, manifest: Manifest): Promise<FileDigest> {
  const path = await joinPath(folder, MANIFEST_NAME);
  const lines = JSON.stringify(parseManifest(manifest, path), null, 2) + '\n';
  return replaceFile(path, [new TextEncoder().encode(lines)]);
}

/**
 * Sizes and hashes of files of a folder, for a manifest.
 * @throws {SourceError} when a file cannot be read
 */
export async function describeFiles(folder: string, names: readonly string[]): Promise<ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const name of names) files.push({ name, ...(await digestFile(await joinPath(folder, name))) });
  return files;
}

/**
 * Reads a folder's manifest and checks size and sha256 of every file it names.
 * @throws {SourceError} when the manifest or a file cannot be read
 * @throws {ManifestError} when the manifest is not valid
 * @throws {IntegrityError} when a file has another size or sha256
 */
export async function verify(folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder);
  for (const { name, bytes, sha256 } of manifest.files) {
    const path = await joinPath(folder, name);
    // The size first: a huge stranger need not be hashed to be refused.
    const size = await withFile(path, async (source) => source.size);
    const found = size === bytes ? (await digestFile(path)).sha256 : undefined;
    if (found === sha256) continue;
    throw new IntegrityError('the file is not the one that the manifest names', {
      file: path,
      expected: found === undefined ? `${bytes} bytes` : `sha256 ${sha256}`,
      found: found === undefined ? `${size} bytes` : `sha256 ${found}`,
      remedy: 'fetch the weights again',
    });
  }
  return manifest;
}

/**
 * Checks that an artefact was made with the file in use.
 * @param expected sha256 of the file in use.
 * @param found sha256 that the artefact states.
 * @param what Both in words, such as `codec of the generator onset.safetensors`.
 * @throws {ProvenanceError} when one of them is missing or they differ
 */
export function requireSameProvenance(expected: string | undefined, found: string | undefined, what: string): void {
  if (expected !== undefined && expected !== '' && expected === found) return;
  throw new ProvenanceError(`${what}: this is not the one it was made with`, {
    expected: expected ? `sha256 ${expected}` : 'a sha256, but none is known',
    found: found ? `sha256 ${found}` : 'no sha256',
    remedy: 'use the files that were made together, or make it anew',
  });
}

/** sha256 in lower-case hexadecimal; text is hashed as UTF-8. */
export async function sha256(data: string | Uint8Array): Promise<string> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : new Uint8Array(data);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const notJson = (text: string, file: string) => (cause: Error) =>
  new ManifestError('the manifest is not JSON', {
    file,
    found: quoted(text, 40),
    remedy: 'fetch the weights again',
    cause,
  });
