/** What a checkpoint's pickle may hold: plain values, containers, and tensors as views of storages. */

import type { DType } from '../dtype.js';

/** Values that are no tensors and no containers. */
export type Scalar = string | number | bigint | boolean | null;

export type PickleValue = Scalar | PickleTuple | PickleList | PickleDict | TorchStorage | TorchTensor | TorchGlobal;

export class PickleTuple {
  readonly items: readonly PickleValue[];

  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

export class PickleList {
  readonly items: PickleValue[] = [];
}

export class PickleDict {
  /** Only an OrderedDict may carry attributes (torch hangs `_metadata` on state dicts); they are dropped. */
  readonly ordered: boolean;
  /** Made with the first entry: every tensor comes with an empty OrderedDict. */
  entries: Map<string | number, PickleValue> | undefined;

  constructor(ordered: boolean) {
    this.ordered = ordered;
  }
}

/** A run of elements kept under a key: an entry of the archive, or one of the blocks at the end of an older file. */
export class TorchStorage {
  readonly key: string;
  readonly dtype: DType;
  /** Elements. */
  readonly size: number;

  constructor(key: string, dtype: DType, size: number) {
    this.key = key;
    this.dtype = dtype;
    this.size = size;
  }
}

/** A view of a storage; offset and strides in elements. Lies within the storage. */
export class TorchTensor {
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: TorchStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** One of the few Python objects that a pickle may name; see `globals.ts`. */
export class TorchGlobal {
  readonly name: string;
  /** Element type, where it is a class of storages. */
  readonly storage: DType | undefined;

  constructor(name: string, storage?: DType) {
    this.name = name;
    this.storage = storage;
  }
}
