/**
 * WebGPU's flags by their names in the specification. Constants of our own, because the API's globals (`GPUBufferUsage`, …)
 * are absent in Node until Dawn's bindings were loaded.
 */

export const BufferUsage = {
  MAP_READ: 0x1,
  COPY_SRC: 0x4,
  COPY_DST: 0x8,
  UNIFORM: 0x40,
  STORAGE: 0x80,
  QUERY_RESOLVE: 0x200,
} as const;

export const TextureUsage = { COPY_DST: 0x2, STORAGE_BINDING: 0x8 } as const;

export const MapMode = { READ: 0x1 } as const;

export const ShaderStage = { COMPUTE: 0x4 } as const;
