import { answer, importPeer, job, provideNavigator } from './job.js';

/** jax-js counts references: using an array spends one, `.ref` takes another. */
interface Value {
  readonly ref: Value;
  dispose(): void;
  mul(factor: number): Value;
}

interface Jax {
  init(): Promise<string[]>;
  defaultDevice(name: string): void;
  blockUntilReady(value: Value): Promise<unknown>;
  numpy: { matmul(a: Value, b: Value): Value };
  nn: { softmax(x: Value, axis: number): Value };
  lax: {
    convGeneralDilated(
      x: Value,
      w: Value,
      strides: number[],
      padding: string,
      options: { featureGroupCount: number },
    ): Value;
  };
  random: { key(seed: number): Value; uniform(key: Value, shape: number[]): Value };
}

await provideNavigator();
const jax = (await importPeer('@jax-js/jax/dist/index.js')) as unknown as Jax;
await jax.init();
jax.defaultDevice(job.provider);
const make = (shape: number[], seed = 1): Value => jax.random.uniform(jax.random.key(seed), shape);

const operands = Object.values(job.inputs).map((shape, i) => make(shape, i + 1));
if (job.kind === 'matmul') operands.push(make([1024, 1024], 9));
if (job.kind === 'conv2d') operands.push(make(job.weights!, 9));
const groups = job.weights ? job.inputs.a![1]! / job.weights[1]! : 1;

const WORK: Record<string, (a: Value, b: Value, c?: Value) => Value> = {
  matmul: (a, b) => jax.numpy.matmul(a, b),
  conv2d: (a, w) => jax.lax.convGeneralDilated(a, w, [1, 1], 'SAME', { featureGroupCount: groups }),
  attention: (q, k, v) => jax.numpy.matmul(jax.nn.softmax(jax.numpy.matmul(q, k).mul(0.125), -1), v!),
};

await answer(async () => {
  const [a, b, c] = operands.map((value) => value.ref);
  const y = WORK[job.kind]!(a!, b!, c);
  await jax.blockUntilReady(y.ref);
  y.dispose();
});
