import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { answer, data, importPeer, job, provideNavigator } from './job.js';

interface Runtime {
  env: { wasm: { wasmPaths: string; numThreads: number } };
  InferenceSession: {
    create(model: Uint8Array, options: object): Promise<{ run(feeds: Record<string, unknown>): Promise<unknown> }>;
  };
  Tensor: new (type: string, values: Float32Array, shape: number[]) => unknown;
}

await provideNavigator();

// Dawn's Node binding takes no views of shared memory, and that is what the runtime's WebAssembly heap is.
const { prototype } = globalThis.GPUQueue as unknown as { prototype: { writeBuffer(...args: unknown[]): void } };
const { writeBuffer } = prototype;
prototype.writeBuffer = function (buffer, at, source, offset, size) {
  const view = source as ArrayBufferView | ArrayBufferLike;
  const unit = (view as Uint8Array).BYTES_PER_ELEMENT ?? 1;
  const whole = ArrayBuffer.isView(view)
    ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    : new Uint8Array(view);
  const first = Number(offset ?? 0) * unit;
  const copy = whole.slice(first, size === undefined ? undefined : first + Number(size) * unit);
  writeBuffer.call(this, buffer, at, copy);
};

const dist = 'onnxruntime-web/dist';
const module = await importPeer(`${dist}/ort.webgpu.mjs`);
const runtime = (module.default ?? module) as Runtime;
runtime.env.wasm.wasmPaths = pathToFileURL(join(job.folder, 'node_modules', dist, '/')).href;
runtime.env.wasm.numThreads = 1;
const session = await runtime.InferenceSession.create(new Uint8Array(readFileSync(job.model)), {
  executionProviders: [job.provider],
});
const feeds = Object.fromEntries(
  Object.entries(job.inputs).map(([name, shape]) => [name, new runtime.Tensor('float32', data(shape), shape)]),
);
await answer(() => session.run(feeds));
