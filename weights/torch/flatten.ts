/** From the object of a checkpoint to its tensors and plain values by dotted names. */

import { PickleError, quoted } from '../errors.js';
import { faultOfName } from '../safetensors-header.js';
import { keyText } from './describe.js';
import {
  PickleDict,
  PickleList,
  PickleSet,
  PickleTuple,
  type PickleValue,
  PythonGlobal,
  PythonValue,
  type Scalar,
  TorchStorage,
  TorchTensor,
} from './values.js';

const DEEPEST = 64;
const MOST_VALUES = 2 ** 18;
/** Characters of all values and names together. */
const MOST_TEXT = 2 ** 26;
/** A checkpoint that is one tensor and nothing else. */
const NAME_OF_ROOT = 'tensor';

export interface FlatObject {
  tensors: Map<string, TorchTensor>;
  values: Map<string, Scalar>;
}

/**
 * `{'model': {'a': tensor}, 'epoch': 3}` gives the tensor `model.a` and the value `epoch`; lists, tuples and
 * sets count their items from 0, a set in the order of the file.
 * @throws {PickleError} for containers within themselves, names that are used twice, names of tensors that are not valid,
 * and more values or text than any checkpoint has
 */
export function flatten(root: PickleValue, file: string): FlatObject {
  const tensors = new Map<string, TorchTensor>();
  const values = new Map<string, Scalar>();
  const above = new Set<PickleValue>();
  const error = (problem: string, name: string): PickleError =>
    new PickleError(problem, { file, found: `at ${quoted(name)}`, remedy: 'the file is damaged or hostile' });
  // Shared containers are walked once for each place they stand in, so walking needs a limit of its own.
  let visited = 0;
  let characters = 0;

  const keep = <T>(map: Map<string, T>, name: string, value: T): void => {
    if (tensors.has(name) || values.has(name)) throw error('two things have one name', name);
    map.set(name, value);
  };
  const walk = (value: PickleValue, path: readonly string[]): void => {
    const name = path.length === 0 ? NAME_OF_ROOT : path.join('.');
    if (++visited > MOST_VALUES) throw error(`the checkpoint has more than ${MOST_VALUES} values`, name);
    characters += name.length + (typeof value === 'string' || value instanceof PythonValue ? value.length : 0);
    if (characters > MOST_TEXT) throw error(`the checkpoint has more than ${MOST_TEXT} characters of values`, name);
    if (value instanceof TorchTensor) {
      const fault = faultOfName(name);
      if (fault !== undefined) throw error(fault, name);
      keep(tensors, name, value);
    } else if (value instanceof PythonGlobal || value instanceof TorchStorage) {
      throw error('a class, function or storage stands where a value should', name);
    } else if (
      value instanceof PickleDict ||
      value instanceof PickleList ||
      value instanceof PickleSet ||
      value instanceof PickleTuple
    ) {
      if (above.has(value)) throw error('a container holds itself', name);
      if (path.length === DEEPEST) throw error(`containers are nested more than ${DEEPEST} deep`, name);
      above.add(value);
      const entries = value instanceof PickleDict ? (value.entries ?? []) : value.items.entries();
      for (const [key, item] of entries) walk(item, [...path, typeof key === 'string' ? key : keyText(key)]);
      above.delete(value);
    } else keep(values, name, value);
  };
  walk(root, []);
  return { tensors, values };
}
