/** Values of a pickle for messages and names. */

import { quoted } from '../errors.js';
import {
  PickleDict,
  type PickleKey,
  PickleList,
  PickleSet,
  PickleTuple,
  type PickleValue,
  PythonGlobal,
  PythonValue,
  TorchStorage,
  TorchTensor,
} from './values.js';

/** A value for a message. */
export function describe(value: PickleValue | undefined): string {
  if (value instanceof PickleTuple) return `a tuple of ${value.items.length}`;
  if (value instanceof PickleList) return `a list of ${value.items.length}`;
  if (value instanceof PickleSet) return `a set of ${value.items.length}`;
  if (value instanceof PickleDict) return `a dict of ${value.entries?.size ?? 0}`;
  if (value instanceof TorchStorage) return 'a storage';
  if (value instanceof TorchTensor) return 'a tensor';
  if (value instanceof PythonGlobal) return value.name;
  if (value instanceof PythonValue) return value.length > 40 ? `a value of ${value.length} characters` : value.text;
  return typeof value === 'string' ? quoted(value, 40) : keyText(value ?? null);
}

/** A key of a dict as a part of a dotted name. */
export function keyText(key: PickleKey): string {
  if (key === null) return 'None';
  if (typeof key === 'boolean') return key ? 'True' : 'False';
  return String(key);
}
