/** Compiles kernel calls to pipelines, once each, concurrently. */

import { WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';
import type { BufferRef, KernelCall } from '../kernels/kernel.js';
import { preprocess } from '../kernels/preprocessor.js';
import { texelFormat } from '../kernels/texture-operand.js';
import { wgsl } from '../kernels/wgsl.js';
import { CompileError, EngineError } from './errors.js';
import { ShaderStage } from './gpu-flags.js';

export interface Pipeline {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  /** Packs the values of `struct Params`; null for kernels without one. */
  readonly pack: ((values: Readonly<Record<string, number>>) => ArrayBuffer) | null;
}

/** r: read, w: read and written, t or h: read through a texture of f32 or f16. */
const accessOf = ({ texture, access }: BufferRef): string =>
  texture ? (texture.dtype === 'f32' ? 't' : 'h') : access === 'read' ? 'r' : 'w';

/** A readable key: template, sorted defines, and access of each binding (it shapes the layout). */
export function pipelineKey(call: KernelCall): string {
  const defines = Object.keys(call.defines)
    .sort()
    .map((name) => `${name}=${call.defines[name]}`);
  return `${call.template} ${defines.join(' ')} [${call.buffers.map(accessOf).join('')}]`;
}

/** Offsets and types of `struct Params`, read off the WGSL itself, so that no layout is written twice. */
function paramsPacker(code: string, label: string): Pipeline['pack'] {
  const declaration = /struct\s+Params\s*\{[^}]*\}/.exec(code);
  if (!declaration) return null;
  const reflect = new WgslReflect(`${declaration[0]}\n@group(0) @binding(0) var<uniform> params: Params;`);
  const info = reflect.structs.find((s: { name: string }) => s.name === 'Params')!;
  const members = info.members.map((m: { name: string; offset: number; type: { name: string } }) => ({
    name: m.name,
    offset: m.offset,
    type: m.type.name,
  }));
  const size = Math.ceil(info.size / 16) * 16;
  return (values) => {
    const block = new DataView(new ArrayBuffer(size));
    for (const { name, offset, type } of members) {
      const value = values[name];
      if (value === undefined) throw new EngineError(`${label}: no value for parameter '${name}'`);
      if (type === 'f32') block.setFloat32(offset, value, true);
      else if (type === 'i32') block.setInt32(offset, value, true);
      else if (type === 'u32') block.setUint32(offset, value, true);
      else throw new EngineError(`${label}: parameter '${name}' has type ${type}; f32, i32 and u32 can be packed`);
    }
    const known = new Set(members.map((m: { name: string }) => m.name));
    const stray = Object.keys(values).filter((name) => !known.has(name));
    if (stray.length > 0) throw new EngineError(`${label}: struct Params has no field ${stray.join(', ')}`);
    return block.buffer;
  };
}

export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #entries = new Map<string, Promise<Pipeline>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The pipeline for a call; concurrent requests for the same one share the compilation. */
  get(call: KernelCall): Promise<Pipeline> {
    const key = pipelineKey(call);
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = this.#compile(call, key);
      this.#entries.set(key, entry);
    }
    return entry;
  }

  async #compile(call: KernelCall, label: string): Promise<Pipeline> {
    const device = this.#device;
    const { code, lines } = preprocess(call.template, call.defines, wgsl);
    const pack = paramsPacker(code, label);
    if ((pack === null) !== (call.params === undefined)) {
      throw new EngineError(
        `${label}: the template ${pack ? 'has' : 'lacks'} struct Params, the call ${call.params ? 'gives' : 'lacks'} values`,
      );
    }
    const entries: GPUBindGroupLayoutEntry[] = call.buffers.map((b, binding) => ({
      binding,
      visibility: ShaderStage.COMPUTE,
      ...(b.texture
        ? { storageTexture: { access: 'read-only', format: texelFormat(b.texture.dtype) } }
        : { buffer: { type: b.access === 'read' ? 'read-only-storage' : 'storage' } }),
    }));
    if (pack)
      entries.push({ binding: call.buffers.length, visibility: ShaderStage.COMPUTE, buffer: { type: 'uniform' } });
    device.pushErrorScope('validation');
    const layout = device.createBindGroupLayout({ label, entries });
    const module = device.createShaderModule({ label, code });
    let failure: string | null = null;
    let pipeline: GPUComputePipeline | null = null;
    const pending = device.createComputePipelineAsync({
      label,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main' },
    });
    const scope = device.popErrorScope();
    try {
      pipeline = await pending;
    } catch (error) {
      failure = (error as Error).message;
    }
    failure ??= (await scope)?.message ?? null;
    if (pipeline && !failure) return { label, pipeline, layout, pack };
    const source = code.split('\n');
    const messages = (await module.getCompilationInfo()).messages
      .filter((m) => m.type === 'error')
      .map((m) => {
        const at = lines[m.lineNum - 1];
        return `  ${at ? `${at.file}:${at.line}` : 'generated'}: ${m.message}\n    ${source[m.lineNum - 1] ?? ''}`;
      });
    throw new CompileError(`${label} does not compile\n${messages.join('\n') || failure}`);
  }
}
