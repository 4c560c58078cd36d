/** `node engine weights inspect|convert`: looks into checkpoint files and makes safetensors of them. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Command, Option } from 'commander';
import type { Checkpoint, Manifest, Scalar } from '../weights/index.js';
import { interruptible } from './interrupt.js';
import { UsageError } from './options.js';
import { progress, result, say } from './terminal.js';

/** Files of a folder without manifest that are looked into. */
const CHECKPOINT_NAME = /\.(safetensors|safetensors\.index\.json|bin|pt|pth|ckpt)$/;

export interface Inspection {
  file: string;
  format: string;
  bytes: number;
  /** Elements of all tensors of floats. */
  parameters: number;
  /** Tensors by element type. */
  dtypes: Record<string, number>;
  /** `bytes` of the elements; `readable` where they can be converted and used, not only listed. */
  tensors: { name: string; dtype: string; shape: readonly number[]; bytes: number; readable: boolean }[];
  /** Plain values; Python's own are text in JSON. */
  values: Record<string, Exclude<Scalar, bigint>>;
}

export function register(program: Command): void {
  const weights = program.command('weights').description('look into checkpoint files and convert them');
  weights
    .command('inspect')
    .description('formats, tensors, shapes, plain values and manifest; nothing in a file is executed')
    .argument('<path>', 'a checkpoint, the index of one in several files, or a folder of them')
    .option('--json', 'print one JSON object')
    .action(async (path: string, { json }: { json?: boolean }) => {
      const { files, manifest } = await interruptible((signal) => inspect(path, signal));
      if (json) result(JSON.stringify({ files, ...(manifest && { manifest }) }));
      else for (const line of describe(files, manifest)) result(line);
    });
  weights
    .command('convert')
    .description('write any checkpoint as one safetensors file')
    .argument('<in>', 'a checkpoint, or the index of one in several files')
    .requiredOption('-o, --output <out.safetensors>', 'the new file')
    .addOption(
      new Option('--dtype <type>', 'store every tensor of floats so (default: as it is)').choices([
        'f32',
        'f16',
        'bf16',
      ]),
    )
    .option('--json', 'print one JSON object')
    .action(async (input: string, options: { output: string; dtype?: string; json?: boolean }) => {
      if (!options.output.endsWith('.safetensors')) {
        throw new UsageError(`-o ${options.output}: the name of the new file must end in .safetensors`);
      }
      const { convertCheckpoint, openCheckpoint } = await import('../weights/index.js');
      const checkpoint = await openCheckpoint(input);
      const bar = progress('weights');
      try {
        const dtype = options.dtype?.toUpperCase() as 'F32' | 'F16' | 'BF16' | undefined;
        const digest = await interruptible((signal) =>
          convertCheckpoint(checkpoint, options.output, {
            ...(dtype && { dtype }),
            signal,
            onProgress: (done, all) => bar.update('converting', done, all),
          }),
        );
        bar.stop();
        if (options.json) result(JSON.stringify({ output: options.output, ...digest }));
        else
          say(`${options.output}: ${checkpoint.tensors.size} tensors, ${digest.bytes} bytes, sha256 ${digest.sha256}`);
      } finally {
        bar.stop();
        await checkpoint.close();
      }
    });
}

/** Looks into a file or a folder. A manifest that lists the file is read too, and the files are verified against it. */
export async function inspect(
  path: string,
  signal: AbortSignal,
): Promise<{ files: Inspection[]; manifest: Manifest | undefined }> {
  const { openCheckpoint } = await import('../weights/index.js');
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const manifest = await manifestOf(isFolder ? path : dirname(path), isFolder ? undefined : basename(path));
  let paths = [path];
  if (isFolder) {
    const names = manifest?.files.map(({ name }) => name) ?? readdirSync(path).sort();
    paths = names.filter((name) => CHECKPOINT_NAME.test(name)).map((name) => join(path, name));
    if (paths.length === 0) {
      throw new UsageError(`${path}: no checkpoint in this folder (.safetensors, .bin, .pt, .pth, .ckpt)`);
    }
  }
  const files: Inspection[] = [];
  for (const file of paths) {
    signal.throwIfAborted();
    const checkpoint = await openCheckpoint(file);
    try {
      files.push(await inspection(checkpoint, file));
    } finally {
      await checkpoint.close();
    }
  }
  return { files, manifest };
}

/** The manifest of the folder, with every file as it says, where it lists `file`. */
async function manifestOf(folder: string, file: string | undefined): Promise<Manifest | undefined> {
  const { MANIFEST_NAME, ManifestError, readManifest, verify } = await import('../weights/index.js');
  if (!existsSync(join(folder, MANIFEST_NAME))) return undefined;
  try {
    const { files } = await readManifest(folder);
    if (file !== undefined && !files.some(({ name }) => name === file)) return undefined;
  } catch (error) {
    // Another program's file of that name must not keep anyone from looking.
    if (!(error instanceof ManifestError)) throw error;
    say(`${join(folder, MANIFEST_NAME)}: not a manifest of ours, passed over`);
    return undefined;
  }
  return verify(folder);
}

async function inspection({ format, tensors, values }: Checkpoint, file: string): Promise<Inspection> {
  const { bitsOf, countOf, isDType } = await import('../weights/index.js');
  const dtypes: Record<string, number> = {};
  let parameters = 0;
  for (const { dtype, shape } of tensors.values()) {
    dtypes[dtype] = (dtypes[dtype] ?? 0) + 1;
    if (/^B?F\d/.test(dtype)) parameters += countOf(shape);
  }
  return {
    file,
    format,
    bytes: statSync(file).size,
    parameters,
    dtypes,
    tensors: [...tensors].map(([name, { dtype, shape }]) => ({
      name,
      dtype,
      shape,
      bytes: (countOf(shape) * bitsOf(dtype)) / 8,
      readable: isDType(dtype),
    })),
    // JSON has neither big integers nor NaN.
    values: Object.fromEntries(
      [...values].map(([name, value]) => [
        name,
        typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value)) ? String(value) : value,
      ]),
    ),
  };
}

function* describe(files: readonly Inspection[], manifest: Manifest | undefined): Generator<string> {
  if (manifest) {
    const { model, version, trainedWith } = manifest;
    yield `manifest: ${model} ${version}, every file as listed; trained with ${trainedWith.config}, ${trainedWith.steps} steps`;
  }
  for (const { file, format, bytes, parameters, dtypes, tensors, values } of files) {
    const types = Object.entries(dtypes).map(([dtype, count]) => `${count} ${dtype}`);
    const count = parameters.toLocaleString('en');
    yield `${file}: ${format}, ${bytes} bytes, ${tensors.length} tensors (${types.join(', ')}), ${count} parameters`;
    for (const { name, dtype, shape, bytes: size, readable } of tensors) {
      const note = readable ? '' : ' (this type is only listed)';
      yield `  ${printable(name)}  ${dtype} [${shape.join(', ')}]  ${size} bytes${note}`;
    }
    for (const [name, value] of Object.entries(values)) yield `  ${printable(name)} = ${shortened(valueText(value))}`;
  }
}

/** As JSON, and Python's own values as Python writes them. */
function valueText(value: Exclude<Scalar, bigint>): string {
  return typeof value === 'object' && value !== null ? value.text : JSON.stringify(value);
}

/** A value may be a whole file. */
function shortened(text: string): string {
  const longest = 200;
  return text.length > longest ? `${text.slice(0, longest)}… (${text.length} characters)` : text;
}

/** Names come from the file; none of their characters may steer the terminal. */
function printable(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}]/gu, '?');
}
