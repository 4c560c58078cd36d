/**
 * What every kernel family states about itself, and what the engine needs to run it.
 *
 * A *family* (matmul, conv, …) solves a *problem* (typed shapes plus attributes) by one of several *variants*, from the
 * naive one that is the reference implementation to tuned ones. A variant *lowers* a problem to one or more *kernel calls*: a WGSL
 * template with its compile-time defines, the buffers in binding order, run-time parameters, and the workgroup count.
 * Nothing in this room touches a device.
 */

import { KernelError } from './errors.js';

export type DType = 'f32' | 'f16' | 'u32' | 'i32';

export const bytesPerElement: Readonly<Record<DType, number>> = { f32: 4, f16: 2, u32: 4, i32: 4 };

/** Shape (row-major, contiguous, channels last) and storage type of a tensor. */
export interface TensorType {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** A shape in messages: `[2×3]`. */
export const shapeText = (shape: readonly number[]): string => `[${shape.join('×')}]`;

/** A type in messages: `f32[2×3]`. */
export const typeText = ({ dtype, shape }: TensorType): string => dtype + shapeText(shape);

/** Bytes of the buffer behind a tensor: packed elements, rounded up to 16 so that `vec4` views never end early. */
export function byteLength(type: TensorType): number {
  return Math.max(16, Math.ceil((sizeOf(type.shape) * bytesPerElement[type.dtype]) / 16) * 16);
}

export interface SubgroupMatrixConfig {
  componentType: 'f32' | 'f16' | 'u8' | 'i8' | 'u32' | 'i32';
  resultComponentType: 'f32' | 'f16' | 'u32' | 'i32';
  M: number;
  N: number;
  K: number;
}

/** What a kernel may rely on; built by the engine from an adapter, or by hand in tests. */
export interface DeviceProfile {
  /** `software`: a CPU-backed driver such as lavapipe, where lanes are SIMD lanes and workgroup memory is slow. */
  kind: 'software' | 'integrated' | 'discrete';
  vendor: string;
  architecture: string;
  description: string;
  /** Subgroup operations are usable; their sizes range from `min` to `max` lanes. */
  subgroups: { supported: boolean; min: number; max: number };
  /** `shader-f16`: f16 values in WGSL. */
  f16: boolean;
  timestamps: boolean;
  subgroupMatrices: readonly SubgroupMatrixConfig[];
  maxWorkgroupInvocations: number;
  maxWorkgroupStorage: number;
  maxWorkgroupsPerDimension: number;
  maxStorageBindings: number;
  maxBindingBytes: number;
  maxBufferBytes: number;
  /** Most texels along either side of a texture. */
  maxTextureSide: number;
}

/** Which buffer stands at a binding. `readWrite` inputs are updated in place (optimiser state). */
export interface BufferRef {
  readonly of: 'input' | 'output' | 'scratch';
  readonly index: number;
  readonly access: 'read' | 'readWrite';
  /** Read as a texture: a copy that the engine makes just before the call. */
  readonly texture?: TextureLayout;
}

/**
 * A texture that a tensor is read through (see `texture-operand.ts`). A kernel may see a tensor's elements in other rows than its
 * shape has, so the layout of the texture is the kernel's to state.
 */
export interface TextureLayout {
  readonly dtype: 'f32' | 'f16';
  /** Texels of the texture. */
  readonly width: number;
  readonly height: number;
  /** Texels of the tensor, in all and in a full row of the texture. */
  readonly texels: number;
  readonly rowTexels: number;
  /** Rows of the tensor in a row of the texture: a power of two. */
  readonly rowsPerTexelRow: number;
}

export const input = (index: number): BufferRef => ({ of: 'input', index, access: 'read' });
export const updated = (index: number): BufferRef => ({ of: 'input', index, access: 'readWrite' });
export const output = (index = 0): BufferRef => ({ of: 'output', index, access: 'readWrite' });
export const scratchRead = (index: number): BufferRef => ({ of: 'scratch', index, access: 'read' });
export const scratchWrite = (index: number): BufferRef => ({ of: 'scratch', index, access: 'readWrite' });

export type Define = number | string | boolean;

export interface KernelCall {
  /** Path of the template below `kernels/`, without `.wgsl`: `matmul/naive`. */
  readonly template: string;
  /** Values of the template's `#param`s. */
  readonly defines: Readonly<Record<string, Define>>;
  /** Buffers in the order of `@binding(0…)`; the parameter block, if any, is the binding after the last. */
  readonly buffers: readonly BufferRef[];
  /** Values for the template's `struct Params`, by field name. */
  readonly params?: Readonly<Record<string, number>>;
  readonly workgroups: readonly [number, number, number];
}

export interface Lowering {
  readonly variant: string;
  readonly calls: readonly KernelCall[];
  /** Temporary tensors that live only during these calls. */
  readonly scratch?: readonly TensorType[];
  /** Arithmetic operations (multiply and add count one each), for the profiler and `bench`. */
  readonly flops?: number;
  /** Variants before the chosen one, and why they were not chosen; absent where one was forced. */
  readonly passedOver?: readonly PassedOver[];
}

export interface PassedOver {
  readonly variant: string;
  readonly why: 'unsupported' | 'not preferred';
  readonly reason: string;
}

/** A problem always names its operand types; families add their own attributes. */
export interface Problem {
  readonly inputs: readonly TensorType[];
  readonly outputs: readonly TensorType[];
}

export interface Variant<P extends Problem> {
  readonly name: string;
  /** Null where the variant can solve the problem on the device, else the reason why not. */
  unsupportedReason(profile: DeviceProfile, problem: P): string | null;
  /** Why a variant that could serve should not be chosen here, such as being slower; asked only when none is forced. */
  notPreferredReason?(profile: DeviceProfile, problem: P): string | null;
  lower(profile: DeviceProfile, problem: P): Lowering;
}

export interface Family<P extends Problem> {
  readonly name: string;
  /** In order of preference; the last one is the naive reference implementation, which supports everything. */
  readonly variants: readonly Variant<P>[];
}

/**
 * Lowers with the first variant that supports the problem and is preferred here, or else the first that supports it; or
 * with the forced one.
 * @throws {KernelError} when no variant, or not the forced one, supports the problem
 */
export function lower<P extends Problem>(
  family: Family<P>,
  profile: DeviceProfile,
  problem: P,
  forced?: string,
): Lowering {
  if (forced !== undefined) return lowerForced(family, profile, problem, forced);
  const passedOver: PassedOver[] = [];
  let fallback: Variant<P> | undefined;
  for (const variant of family.variants) {
    const unsupported = variant.unsupportedReason(profile, problem);
    const reason = unsupported ?? variant.notPreferredReason?.(profile, problem) ?? null;
    if (reason === null) return { ...variant.lower(profile, problem), passedOver };
    if (unsupported === null) fallback ??= variant;
    const why = unsupported === null ? 'not preferred' : 'unsupported';
    passedOver.push({ variant: variant.name, why, reason });
  }
  if (!fallback) throw new KernelError(`${family.name}: no variant accepts ${JSON.stringify(problem)}`);
  return { ...fallback.lower(profile, problem), passedOver };
}

function lowerForced<P extends Problem>(
  family: Family<P>,
  profile: DeviceProfile,
  problem: P,
  forced: string,
): Lowering {
  const variant = family.variants.find(({ name }) => name === forced);
  if (!variant) {
    const names = family.variants.map(({ name }) => name).join(', ');
    throw new KernelError(`${family.name}: no variant is called ${forced}; there are ${names}`);
  }
  const reason = variant.unsupportedReason(profile, problem);
  if (reason !== null) throw new KernelError(`${family.name}: variant ${forced} does not support this: ${reason}`);
  return variant.lower(profile, problem);
}

/**
 * Workgroups for a flat range of `items`, `perGroup` each, wrapped into two dimensions past the limit of one.
 * Templates undo that with `flat_group` of `common/index.wgsl`.
 */
export function flatGrid(items: number, perGroup: number, limit = 65535): [number, number, number] {
  const groups = Math.max(1, Math.ceil(items / perGroup));
  if (groups <= limit) return [groups, 1, 1];
  const rows = Math.ceil(groups / limit);
  return [Math.ceil(groups / rows), rows, 1];
}
