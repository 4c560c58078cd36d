import { cpus } from 'node:os';
import { answer, data, job, requirePeer } from './job.js';

interface Runtime {
  InferenceSession: {
    create(model: string, options: object): Promise<{ run(feeds: Record<string, unknown>): Promise<unknown> }>;
  };
  Tensor: new (type: string, values: Float32Array, shape: number[]) => unknown;
}

const { InferenceSession, Tensor } = requirePeer('onnxruntime-node') as Runtime;
const session = await InferenceSession.create(job.model, {
  executionProviders: [job.provider],
  intraOpNumThreads: cpus().length,
});
const feeds = Object.fromEntries(
  Object.entries(job.inputs).map(([name, shape]) => [name, new Tensor('float32', data(shape), shape)]),
);
await answer(() => session.run(feeds));
