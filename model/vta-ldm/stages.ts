/**
 * The stages of VTA-LDM one by one, and the network that looks at pictures, over named tensors in PyTorch's layouts
 * (channels before rows and columns): what `node engine stage` runs, and what parity with the published code is checked by.
 */

import { createEngine, type Engine, Graph, permute, slice, stft } from '../../engine/engine.js';
import { OnsetError } from '../../kernels/errors.js';
import { EFFICIENTNET_LITE_FILE } from '../../weights/index.js';
import { ImageClassifier } from '../appearance/image-classifier.js';
import { openClip } from '../media/index.js';
import { createSampler, type SamplerOptions } from '../samplers/sampler.js';
import { runTrajectory } from '../samplers/trajectory.js';
import { clipFrames, type FrameRule } from './clip-frames.js';
import { audioLdmMel } from './mel.js';
import { VtaLdmNetworks, type VtaLdmPart } from './networks.js';

export interface NamedTensor {
  shape: readonly number[];
  data: Float32Array | Int32Array;
}

export type Tensors = Map<string, NamedTensor>;

export const STAGES = [
  'frames',
  'clip',
  'unet',
  'sample',
  'vae-decode',
  'vae-encode',
  'vocoder',
  'mel',
  'stft',
  'appearance',
] as const;

export type StageName = (typeof STAGES)[number];

export interface StageRequest {
  stage: StageName;
  inputs: Tensors;
  /** Folder of the published files, for stages with weights. */
  weights?: string;
  clip?: string;
  dtype: 'f32' | 'f16';
  steps: number;
  guidance: number;
  sampler: SamplerOptions['kind'];
  frameRule: FrameRule;
  nFft: number;
  hop: number;
  /** Times to run a stage that has weights; the outputs are those of the first run. */
  runs?: number;
  /** Given the seconds that loading took and each run; the first run compiles. */
  onTimes?: (load: number, runs: readonly number[]) => void;
  onProgress?: (what: string, done: number, total: number) => void;
  signal?: AbortSignal;
}

/** A stage was given other tensors than it takes. */
export class StageInputError extends OnsetError {
  override name = 'StageInputError';
}

const PART_OF: Readonly<Record<string, VtaLdmPart>> = {
  clip: 'vision',
  unet: 'unet',
  sample: 'unet',
  'vae-decode': 'vae',
  'vae-encode': 'vae',
  vocoder: 'vocoder',
};

/** Runs a stage; gives its outputs by name. Throws StageInputError, a WeightsError, or what the clip's reading throws. */
export async function runStage(request: StageRequest): Promise<Tensors> {
  if (request.stage === 'frames') return frames(request);
  const engine = await createEngine();
  try {
    if (request.stage === 'mel') return await mel(engine, request);
    if (request.stage === 'stft') return await spectrum(engine, request);
    const { weights, dtype, onProgress, signal } = request;
    const options = { dtype, ...(onProgress && { onProgress }), ...(signal && { signal }) };
    if (request.stage === 'appearance') {
      const loadClassifier = (): Promise<ImageClassifier> =>
        ImageClassifier.load(engine, `${weights}/${EFFICIENTNET_LITE_FILE}`, options);
      return await timed(request, loadClassifier, (classifier) => classify(classifier, request));
    }
    const load = (): Promise<VtaLdmNetworks> =>
      VtaLdmNetworks.load(engine, weights!, { ...options, parts: [PART_OF[request.stage]!] });
    return await timed(request, load, (networks) => runNetwork(networks, request));
  } finally {
    engine.dispose();
  }
}

/** Runs what was loaded as often as asked; gives the first outputs. */
async function timed<Loaded>(
  { runs = 1, onTimes, signal }: StageRequest,
  load: () => Promise<Loaded>,
  run: (loaded: Loaded) => Promise<Tensors>,
): Promise<Tensors> {
  const times = [performance.now()];
  const loaded = await load();
  times.push(performance.now());
  const outputs = await run(loaded);
  times.push(performance.now());
  while (times.length < runs + 2) {
    signal?.throwIfAborted();
    await run(loaded);
    times.push(performance.now());
  }
  const [loading, ...running] = times.slice(1).map((time, i) => (time - times[i]!) / 1000);
  onTimes?.(loading!, running);
  return outputs;
}

function runNetwork(networks: VtaLdmNetworks, request: StageRequest): Promise<Tensors> {
  switch (request.stage) {
    case 'clip':
      return see(networks, request);
    case 'unet':
      return predict(networks, request);
    case 'sample':
      return sample(networks, request);
    case 'vae-decode':
      return decode(networks, request);
    case 'vae-encode':
      return encode(networks, request);
    case 'vocoder':
      return vocode(networks, request);
    default:
      throw new RangeError(`stage ${request.stage} has no network`);
  }
}

async function frames({ clip, frameRule, signal }: StageRequest): Promise<Tensors> {
  const seen = await clipFrames(await openClip(clip!, { signal }), { rule: frameRule, signal });
  const count = seen.indices.length;
  const size = Math.sqrt(seen.frames.length / count / 3);
  return new Map<string, NamedTensor>([
    ['frames', channelsFirst(seen.frames, [count, size, size, 3])],
    ['indices', { shape: [count], data: Int32Array.from(seen.indices) }],
  ]);
}

async function see(networks: VtaLdmNetworks, { inputs, onProgress, signal }: StageRequest): Promise<Tensors> {
  const { clip, tokens: token } = networks.config;
  const { image_size: size, num_channels: channels } = clip;
  const frames = taken(inputs, 'frames', ['T', channels, size, size]);
  const { embeds, tokens } = await networks.see(channelsLast(frames), {
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
  const count = frames.shape[0]!;
  return new Map([
    ['image_embeds', { shape: [count, clip.projection_dim], data: embeds }],
    ['tokens', { shape: [count, token.embedding_dim], data: tokens }],
  ]);
}

async function classify(classifier: ImageClassifier, { inputs, signal }: StageRequest): Promise<Tensors> {
  const { size, head, classes } = classifier.config;
  const pictures = taken(inputs, 'pictures', ['T', 3, size, size]);
  const { features, logits } = await classifier.classify(channelsLast(pictures), signal);
  const count = pictures.shape[0]!;
  return new Map([
    ['features', { shape: [count, head], data: features }],
    ['logits', { shape: [count, classes], data: logits }],
  ]);
}

async function predict(networks: VtaLdmNetworks, { inputs }: StageRequest): Promise<Tensors> {
  const { unet, tokens: token } = networks.config;
  const latent = taken(inputs, 'latent', ['B', unet.inChannels, 'H', 'W']);
  const [batch, , height, width] = latent.shape as [number, number, number, number];
  const timestep = taken(inputs, 'timestep', [1]).data[0]!;
  const tokens = taken(inputs, 'tokens', [batch, 'T', token.embedding_dim]);
  const mask = inputs.has('mask')
    ? (taken(inputs, 'mask', [batch, tokens.shape[1]!]).data as Float32Array)
    : new Float32Array(batch * tokens.shape[1]!).fill(1);
  const velocity = await networks.velocity(
    channelsLast(latent),
    { batch, height, width },
    { timestep, tokens: tokens.data as Float32Array, mask },
  );
  return new Map([['velocity', channelsFirst(velocity, [batch, height, width, unet.outChannels])]]);
}

async function sample(networks: VtaLdmNetworks, request: StageRequest): Promise<Tensors> {
  const { inputs, steps, guidance, sampler: kind, onProgress, signal } = request;
  const { unet, tokens: token, scheduler } = networks.config;
  const tokens = taken(inputs, 'tokens', ['T', token.embedding_dim]).data as Float32Array;
  const initial = taken(inputs, 'noise_init', [1, unet.inChannels, 'H', 'W']);
  const [, , height, width] = initial.shape as [number, number, number, number];
  const sampler = createSampler(scheduler, { kind, steps });
  const drawn = inputs.has('noise_steps')
    ? taken(inputs, 'noise_steps', [steps, 1, unet.inChannels, height, width])
    : null;
  const size = initial.data.length;
  const shape = { batch: 1, height, width };
  const latent = await runTrajectory(sampler, {
    initial: channelsLast(initial),
    noise(step) {
      if (!drawn) throw new StageInputError(`sampler ${kind} draws noise: noise_steps [${steps}, …] is missing`);
      return channelsLast({ shape: initial.shape, data: drawn.data.subarray(step * size, (step + 1) * size) });
    },
    denoise: (x, timestep) => networks.guided(Float32Array.from(x), shape, { timestep, tokens, guidance }),
    onStep: (done, total) => onProgress?.('denoising', done, total),
    ...(signal && { signal }),
  });
  return new Map([['latent', channelsFirst(Float32Array.from(latent), [1, height, width, unet.inChannels])]]);
}

async function decode(networks: VtaLdmNetworks, { inputs }: StageRequest): Promise<Tensors> {
  const latent = taken(inputs, 'latent', ['B', networks.config.vae.embed_dim, 'H', 'W']);
  const [batch, , height, width] = latent.shape as [number, number, number, number];
  const mel = await networks.decode(channelsLast(latent), { batch, height, width });
  const reduction = 2 ** (networks.config.vae.ch_mult.length - 1);
  return new Map([['mel', { shape: [batch, 1, height * reduction, width * reduction], data: mel }]]);
}

async function encode(networks: VtaLdmNetworks, { inputs }: StageRequest): Promise<Tensors> {
  const mel = taken(inputs, 'mel', ['B', 1, 'M', 'bands']);
  const [batch, , rows, bands] = mel.shape as [number, number, number, number];
  const { mean, logvar } = await networks.encode(mel.data as Float32Array, [batch, rows, bands]);
  const { ch_mult: multiples, embed_dim: channels } = networks.config.vae;
  const reduction = 2 ** (multiples.length - 1);
  const shape = [batch, Math.floor(rows / reduction), Math.floor(bands / reduction), channels];
  return new Map([
    ['mean', channelsFirst(mean, shape)],
    ['logvar', channelsFirst(logvar, shape)],
  ]);
}

async function vocode(networks: VtaLdmNetworks, { inputs }: StageRequest): Promise<Tensors> {
  const mel = taken(inputs, 'mel', ['B', 'M', networks.config.vocoder.num_mels]);
  const batch = mel.shape[0]!;
  const waveform = await networks.vocode(mel.data as Float32Array, batch);
  return new Map([['waveform', { shape: [batch, waveform.length / batch], data: waveform }]]);
}

async function mel(engine: Engine, { inputs }: StageRequest): Promise<Tensors> {
  const waveform = taken(inputs, 'waveform', ['B', 'S']);
  const graph = new Graph();
  const out = audioLdmMel(graph.input('waveform', waveform.shape));
  graph.output('mel', out);
  const plan = await engine.compile(graph);
  const { mel: data } = await plan.run({ waveform: waveform.data as Float32Array });
  return new Map([['mel', { shape: out.shape, data: data! }]]);
}

async function spectrum(engine: Engine, { inputs, nFft, hop }: StageRequest): Promise<Tensors> {
  const waveform = taken(inputs, 'waveform', ['B', 'S']);
  const graph = new Graph();
  // [B, frames, bins, 2] → [2, B, bins, frames]
  const parts = permute(stft(graph.input('waveform', waveform.shape), { nFft, hop }), [3, 0, 2, 1]);
  graph.output('real', slice(parts, 0, 0, 1));
  graph.output('imag', slice(parts, 0, 1, 2));
  const plan = await engine.compile(graph);
  const { real, imag } = await plan.run({ waveform: waveform.data as Float32Array });
  const shape = parts.shape.slice(1);
  return new Map([
    ['real', { shape, data: real! }],
    ['imag', { shape, data: imag! }],
  ]);
}

/** The input of that name, which must have the shape; a letter stands for any size. */
function taken(inputs: Tensors, name: string, shape: readonly (number | string)[]): NamedTensor {
  const tensor = inputs.get(name);
  const expected = `[${shape.join(', ')}]`;
  if (!tensor) {
    throw new StageInputError(
      `the input has no '${name}' ${expected}; it has ${[...inputs.keys()].join(', ') || 'nothing'}`,
    );
  }
  if (tensor.shape.length !== shape.length || shape.some((n, d) => typeof n === 'number' && n !== tensor.shape[d])) {
    throw new StageInputError(`'${name}' has shape [${tensor.shape.join(', ')}]; ${expected} is expected`);
  }
  return tensor;
}

/** [B, C, …rest] → [B, …rest, C]. */
function channelsLast({ shape, data }: NamedTensor): Float32Array {
  const [batch, channels] = shape as [number, number];
  const places = data.length / batch / channels;
  const out = new Float32Array(data.length);
  for (let b = 0; b < batch; b++) {
    const at = b * channels * places;
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < places; i++) out[at + i * channels + c] = data[at + c * places + i]!;
    }
  }
  return out;
}

/** Values in [B, H, W, C] as a tensor [B, C, H, W]. */
function channelsFirst(values: Float32Array, shape: readonly number[]): NamedTensor {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const places = height * width;
  const data = new Float32Array(values.length);
  for (let b = 0; b < batch; b++) {
    const at = b * channels * places;
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < places; i++) data[at + c * places + i] = values[at + i * channels + c]!;
    }
  }
  return { shape: [batch, channels, height, width], data };
}
