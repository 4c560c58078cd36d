/**
 * The header of a safetensors file: text ↔ entries.
 *
 * A file is an 8-byte little-endian header length, the header (JSON, UTF-8, may end in spaces), then the data. The header
 * is `{"__metadata__": {string: string}, name: {"dtype", "shape", "data_offsets": [begin, end]}, …}`, offsets counted
 * from the first byte of data (https://github.com/huggingface/safetensors, "Format").
 *
 * The text is read by a parser for just this grammar: unlike JSON.parse it sees repeated names, its nesting is bounded,
 * and a hostile header costs no more memory than its own tensors.
 */

import { bitsOf, SAFETENSORS_DTYPES, type StoredDType } from './dtype.js';
import { HeaderError, LayoutError, quoted, TensorTypeError } from './errors.js';
import { JsonScanner } from './json-scanner.js';

/** Longest header accepted, in bytes; the reference implementation's limit. */
export const LONGEST_HEADER = 100_000_000;
const MOST_TENSORS = 2 ** 18;
const MOST_DIMENSIONS = 16;
const LONGEST_NAME = 1024;
/** Metadata of one file, at most. */
export const MOST_METADATA: number = 2 ** 16;
const METADATA = '__metadata__';
const DAMAGED = 'the file is damaged or was written wrongly; fetch it again';

/** One tensor as the header states it. */
export interface HeaderEntry {
  dtype: StoredDType;
  shape: readonly number[];
  /** Bytes from the start of the data. */
  begin: number;
  end: number;
}

export interface Header {
  metadata: Record<string, string>;
  tensors: Map<string, HeaderEntry>;
}

/**
 * Reads the header's text.
 * @throws {HeaderError} when it breaks the format or names a tensor twice
 * @throws {TensorTypeError} when an element type is unknown
 * @throws {LayoutError} when shape and offsets of a tensor disagree
 */
export function parseHeader(text: string, file: string): Header {
  const tensors = new Map<string, HeaderEntry>();
  let metadata: Map<string, string> | undefined;
  const json = new JsonScanner(
    text,
    'header',
    (problem, details) => new HeaderError(problem, { file, ...details, remedy: DAMAGED }),
  );
  json.object((key) => {
    if (key === METADATA) {
      if (metadata) throw json.error(`${METADATA} is there twice`);
      const entries = new Map<string, string>();
      json.object((name) => {
        if (entries.has(name)) throw json.error(`metadata ${quoted(name)} is there twice`);
        if (entries.size === MOST_METADATA) throw json.error(`more than ${MOST_METADATA} metadata`);
        entries.set(name, json.string(`metadata ${quoted(name)}`));
      });
      metadata = entries;
      return;
    }
    requireTensorName(key, file);
    if (tensors.has(key)) throw json.error('the name is there twice', key);
    if (tensors.size === MOST_TENSORS) throw json.error(`more than ${MOST_TENSORS} tensors`);
    tensors.set(key, parseEntry(json, key, file));
  });
  json.end();
  return { metadata: Object.fromEntries(metadata ?? []), tensors };
}

/** The header's text for these entries, in their order; metadata in the order of its names. */
export function formatHeader({ metadata, tensors }: Header): string {
  const fields: [string, unknown][] = [];
  const names = Object.keys(metadata).sort();
  if (names.length > 0) fields.push([METADATA, Object.fromEntries(names.map((name) => [name, metadata[name]]))]);
  for (const [name, { dtype, shape, begin, end }] of tensors) {
    fields.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  // Not one JSON.stringify of an object: objects move integer-like names such as "0" to the front.
  return `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}

/** @throws {LayoutError} when the tensors' bytes leave gaps, overlap, or do not fill the data exactly */
export function requireTiling(tensors: ReadonlyMap<string, HeaderEntry>, dataSize: number, file: string): void {
  const remedy = 'the file is damaged or cut short; fetch it again';
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let reached = 0;
  for (const [tensor, { begin, end }] of inOrder) {
    if (end > dataSize) {
      const [expected, found] = [`an end within ${dataSize} bytes of data`, `${begin}…${end}`];
      throw new LayoutError('its data lie beyond the end of the file', { file, tensor, expected, found, remedy });
    }
    if (begin !== reached) {
      const problem = begin < reached ? 'its data overlap those of another tensor' : 'there is a gap before its data';
      throw new LayoutError(problem, { file, tensor, expected: `a start at ${reached}`, found: `${begin}`, remedy });
    }
    reached = end;
  }
  if (reached !== dataSize) {
    const [expected, found] = [`${reached} bytes of data`, `${dataSize}`];
    throw new LayoutError('there are bytes that belong to no tensor', { file, expected, found, remedy });
  }
}

/** What is wrong with a tensor's name: empty, huge, unprintable, or shaped like a way out of a folder. */
export function faultOfName(name: string): string | undefined {
  if (name === '') return 'a tensor has an empty name';
  if (name === METADATA) return `${METADATA} is not a name for a tensor`;
  if (name.length > LONGEST_NAME) return `a tensor's name is longer than ${LONGEST_NAME} characters`;
  if (/[\p{Cc}\p{Surrogate}]/u.test(name)) return "a tensor's name has control characters or half characters";
  if (name.includes('\\') || /^([A-Za-z]:)?\//.test(name) || name.split('/').includes('..')) {
    return "a tensor's name looks like a path out of a folder";
  }
  return undefined;
}

/** @throws {HeaderError} for a name that is no plain key (see `faultOfName`) */
export function requireTensorName(name: string, file: string): void {
  const problem = faultOfName(name);
  if (problem !== undefined) throw new HeaderError(problem, { file, tensor: name, remedy: 'rename the tensor' });
}

/**
 * Elements of a shape.
 * @throws {LayoutError} when a size is no non-negative integer, or the product exceeds 2^53 − 1
 */
export function elementCount(shape: readonly number[], file: string, tensor?: string): number {
  const count = shape.reduce((product, size) => product * size, 1);
  if (shape.length <= MOST_DIMENSIONS && shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    if (Number.isSafeInteger(count)) return count;
  }
  throw new LayoutError('its shape is impossible', {
    file,
    tensor,
    expected: `at most ${MOST_DIMENSIONS} non-negative integers with a product below 2^53`,
    found: showShape(shape),
  });
}

/** `[2, 3]`, cut short where it is long. */
export function showShape(shape: readonly number[]): string {
  return `[${shape.slice(0, 8).join(', ')}${shape.length > 8 ? `, … ${shape.length} sizes` : ''}]`;
}

function parseEntry(json: JsonScanner, tensor: string, file: string): HeaderEntry {
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let span: number[] | undefined;
  const seen = new Set<string>();
  json.object((field) => {
    if (seen.has(field)) throw json.error(`${quoted(field)} is there twice`, tensor);
    seen.add(field);
    if (field === 'dtype') dtype = json.string('dtype', tensor);
    else if (field === 'shape') shape = json.integers('shape', MOST_DIMENSIONS, tensor);
    else if (field === 'data_offsets') span = json.integers('data_offsets', 2, tensor);
    else throw json.error(`unknown field ${quoted(field)}`, tensor);
  }, tensor);
  if (dtype === undefined || shape === undefined || span?.length !== 2) {
    throw json.error('dtype, shape and two data_offsets are needed', tensor);
  }
  const [begin, end] = span as [number, number];
  const type = knownDType(dtype, tensor, file);
  const bytes = (elementCount(shape, file, tensor) * bitsOf(type)) / 8;
  if (end - begin !== bytes) {
    throw new LayoutError('shape and data_offsets disagree', {
      file,
      tensor,
      expected: `${bytes} bytes for ${type} ${showShape(shape)}`,
      found: `${end - begin}`,
      remedy: DAMAGED,
    });
  }
  return { dtype: type, shape, begin, end };
}

/**
 * A type that the format does not have is refused with the whole file: without its width nobody can check the tensor's
 * shape against its bytes, nor tell a newer type from a damaged name.
 */
function knownDType(name: string, tensor: string, file: string): StoredDType {
  const known = SAFETENSORS_DTYPES.find((dtype) => dtype === name);
  if (known !== undefined) return known;
  throw new TensorTypeError('the safetensors format has no such element type', {
    file,
    tensor,
    expected: SAFETENSORS_DTYPES.join(', '),
    found: quoted(name, 20),
    remedy: DAMAGED,
  });
}
