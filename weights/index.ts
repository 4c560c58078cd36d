/** Weights: checkpoints of every format in, safetensors out, half-precision codecs, provenance, and the way to a device. */

export {
  type Checkpoint,
  type CheckpointFormat,
  type CheckpointReader,
  type CheckpointTensor,
  countOf,
} from './checkpoint.js';
export {
  type CheckpointLocation,
  type CheckpointMap,
  type CheckpointPart,
  MissingPartsError,
  type ModelParts,
  openModelFolder,
  selectTensors,
} from './checkpoint-map.js';
export { cnn14Checkpoint, cnn14Network, efficientAtCheckpoint } from './checkpoints/audio-taggers.js';
export { EFFICIENTNET_LITE_FILE, efficientNetLiteCheckpoint } from './checkpoints/efficientnet-lite.js';
export { VTA_LDM } from './checkpoints/vta-ldm.js';
export { type ConvertOptions, convertCheckpoint } from './convert.js';
export { bitsOf, DTYPES, type DType, isDType, itemSize, type StoredDType, type TypedArray } from './dtype.js';
export {
  ArchiveError,
  ForbiddenGlobalError,
  HeaderError,
  IntegrityError,
  LayoutError,
  ManifestError,
  NonFiniteError,
  PickleError,
  ProvenanceError,
  ShardIndexError,
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
  compareTensors,
  type ExpectedTensor,
  type LoadableFile,
  loadTensors,
  type MatchOptions,
  matchTensors,
  requireFinite,
  storedShape,
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
export { closestNames } from './names.js';
export {
  digestFile,
  type FileDigest,
  type FileSource,
  fileExists,
  openFile,
  readTextFile,
  replaceFile,
  withFile,
} from './node-file.js';
export { openCheckpoint, readCheckpoint } from './open-checkpoint.js';
export { openSafetensors, type SafetensorsFile, type TensorEntry } from './safetensors.js';
export {
  encodeSafetensors,
  safetensorsChunks,
  type TensorToWrite,
  tensorOf,
  type WriteOptions,
  writeSafetensors,
} from './safetensors-writer.js';
export type { OpenSibling } from './shards.js';
export { type BlobLike, type ByteSource, blobSource, memorySource } from './source.js';
export { BINDABLE_BYTES, outputParts, splitOutputs } from './split-outputs.js';
export { toF32 } from './to-f32.js';
export type { PythonValue, Scalar } from './torch/values.js';
export { type DeviceDType, type UploadOptions, uploadWeights, type WeightSpec, type WeightTarget } from './upload.js';
