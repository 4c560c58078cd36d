/**
 * The allow-list: the Python objects that a checkpoint's pickle may name, and what calling them makes here. There is no
 * other way from a name in a file to anything that happens.
 */

import type { StoredDType } from '../dtype.js';
import { PickleError } from '../errors.js';
import { describe } from './describe.js';
import { NDARRAY, numpyArray, numpyDType, numpyFromBuffer, numpyScalar } from './numpy.js';
import {
  byteArray,
  complex,
  counter,
  defaultDict,
  encoded,
  frozenset,
  noBytes,
  orderedDict,
  set,
  torchDevice,
  torchSize,
} from './plain.js';
import { rebuildParameter, rebuildTensor, rebuildTypedTensor } from './rebuild.js';
import { type Call, type PickleValue, PythonGlobal, TorchDType } from './values.js';

const STORAGES: Record<string, StoredDType> = {
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  DoubleStorage: 'F64',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
  ComplexFloatStorage: 'C64',
  ComplexDoubleStorage: 'C128',
};

/** Element types under torch's names. */
const DTYPES: Record<string, StoredDType> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  int64: 'I64',
  int32: 'I32',
  int16: 'I16',
  int8: 'I8',
  uint64: 'U64',
  uint32: 'U32',
  uint16: 'U16',
  uint8: 'U8',
  bool: 'BOOL',
  float8_e4m3fn: 'F8_E4M3',
  float8_e4m3fnuz: 'F8_E4M3FNUZ',
  float8_e5m2: 'F8_E5M2',
  float8_e5m2fnuz: 'F8_E5M2FNUZ',
  float8_e8m0fnu: 'F8_E8M0',
  float4_e2m1fn_x2: 'F4_X2',
  complex32: 'C32',
  complex64: 'C64',
  complex128: 'C128',
};

/** Element types that a file may name as a value; no tensor of them is read. */
const NAMED_DTYPES = [
  ...['quint8', 'qint8', 'qint32', 'quint4x2', 'quint2x4', 'bits8', 'bits16', 'bits1x8', 'bits2x4', 'bits4x2'],
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((bits) => [`int${bits}`, `uint${bits}`]),
  'bcomplex32',
];

type Make = (call: Call) => PickleValue;

const CALLED: Record<string, Make> = {
  'collections.OrderedDict': orderedDict,
  'collections.defaultdict': defaultDict,
  'collections.Counter': counter,
  '_codecs.encode': encoded,
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_tensor_v3': rebuildTypedTensor,
  'torch._utils._rebuild_parameter': rebuildParameter,
  'torch.Size': torchSize,
  'torch.device': torchDevice,
  'numpy.dtype': numpyDType,
};

const CALLED_BUILTINS: Record<string, Make> = { set, frozenset, bytes: noBytes, bytearray: byteArray, complex };
/** What a defaultdict may have as the type of its values. */
const NAMED_BUILTINS = ['dict', 'list', 'int', 'float'];

const CALLED_OF_NUMPY: Record<string, Make> = {
  'multiarray.scalar': numpyScalar,
  'multiarray._reconstruct': numpyArray,
  'numeric._frombuffer': numpyFromBuffer,
};

const called = (calls: Record<string, Make>, prefix = ''): PythonGlobal[] =>
  Object.entries(calls).map(([name, make]) => new PythonGlobal(prefix + name, { make }));

const ALLOWED: ReadonlyMap<string, PythonGlobal | TorchDType> = new Map<string, PythonGlobal | TorchDType>(
  [
    ...called(CALLED),
    // Python 2's name of the module, which protocol 2 has too.
    ...['builtins.', '__builtin__.'].flatMap((module) => [
      ...called(CALLED_BUILTINS, module),
      ...NAMED_BUILTINS.map((name) => new PythonGlobal(module + name)),
    ]),
    // NumPy 1 and NumPy 2.
    ...['numpy.core.', 'numpy._core.'].flatMap((module) => called(CALLED_OF_NUMPY, module)),
    NDARRAY,
    // Older files of models on a GPU name the classes of storages there; the bytes are the same.
    ...Object.entries(STORAGES).flatMap(([name, storage]) => [
      new PythonGlobal(`torch.${name}`, { storage }),
      new PythonGlobal(`torch.cuda.${name}`, { storage }),
    ]),
    // Counted in bytes; its tensors state their own types.
    new PythonGlobal('torch.storage.UntypedStorage', { storage: 'U8' as const }),
    ...Object.entries(DTYPES).map(([name, stored]) => new TorchDType(name, stored)),
    ...NAMED_DTYPES.map((name) => new TorchDType(name, undefined)),
  ].map((known) => [known instanceof TorchDType ? known.text : known.name, known]),
);

/** The object of that name, where the list has it. */
export function allowedGlobal(name: string): PythonGlobal | TorchDType | undefined {
  return ALLOWED.get(name);
}

/**
 * What calling `global` makes.
 * @throws {PickleError} for arguments that torch does not write
 * @throws {LayoutError} for a tensor that does not lie within its storage
 */
export function call(global: PythonGlobal, args: readonly PickleValue[], file: string): PickleValue {
  const wrong = (expected: string): PickleError =>
    new PickleError(`${global.name} is called in a way that torch.save does not write`, {
      file,
      expected,
      found: `(${args.slice(0, 8).map(describe).join(', ')}${args.length > 8 ? ', …' : ''})`,
    });
  if (global.make) return global.make({ args, file, wrong });
  throw wrong('a class that is only named, never called');
}
