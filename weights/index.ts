/** Weights: safetensors in and out, half-precision codecs, provenance, and fitting a file's tensors to a model. */

export { DTYPES, type DType, isDType, itemSize, type TypedArray } from './dtype.js';
export {
  HeaderError,
  IntegrityError,
  LayoutError,
  ManifestError,
  NonFiniteError,
  ProvenanceError,
  SourceError,
  TensorTypeError,
  UnknownTensorError,
  WeightsError,
  type WeightsErrorDetails,
  WriteError,
} from './errors.js';
export {
  bf16BitsToF32Bits,
  decodeBf16,
  decodeF16,
  encodeBf16,
  encodeF16,
  f16BitsToF32Bits,
  f32BitsToBf16Bits,
  f32BitsToF16Bits,
} from './half.js';
export {
  closestNames,
  compareTensors,
  type ExpectedTensor,
  loadTensors,
  type MatchOptions,
  matchTensors,
  requireFinite,
  TensorMatchError,
  type TensorProblem,
} from './load.js';
export {
  describeFiles,
  MANIFEST_NAME,
  type Manifest,
  type ManifestFile,
  parseManifest,
  readManifest,
  requireSameProvenance,
  sha256,
  verify,
  writeManifest,
} from './manifest.js';
export { digestFile, type FileDigest, type FileSource, openFile, replaceFile, withFile } from './node-file.js';
export { openSafetensors, type SafetensorsFile, type TensorEntry, toF32 } from './safetensors.js';
export {
  encodeSafetensors,
  safetensorsChunks,
  type TensorToWrite,
  tensorOf,
  type WriteOptions,
  writeSafetensors,
} from './safetensors-writer.js';
export { type BlobLike, type ByteSource, blobSource, memorySource } from './source.js';
