/** The stages of VTA-LDM one by one, over tensors in PyTorch's layouts: for parity checks against the published code. */

import { type Engine, Graph, permute, slice, stft } from '../../engine/engine.js';
import { openClip } from '../media/index.js';
import {
  channelsFirst,
  channelsLast,
  type ModelStage,
  type NamedTensor,
  type NamedTensors,
  namedInput,
  neededPath,
  onOwnEngine,
  StageInputError,
  type StageRequest,
  timedRuns,
} from '../networks/index.js';
import { createSampler, runTrajectory, type SamplerName } from '../samplers/index.js';
import { clipFrames, type FrameRule } from './clip-frames.js';
import { audioLdmMel } from './mel.js';
import { VtaLdmNetworks } from './networks.js';
import type { VtaLdmPart } from './parts.js';

export interface VtaLdmStageRequest extends StageRequest {
  /** Of `sample`. */
  steps: number;
  guidance: number;
  sampler: SamplerName;
  /** Of `frames`. */
  frameRule: FrameRule;
  /** Of `stft`. */
  nFft: number;
  hop: number;
}

export type VtaLdmStage = ModelStage<VtaLdmStageRequest>;

export const VTA_LDM_STAGES: readonly VtaLdmStage[] = [
  { name: 'frames', needs: ['clip'], run: frames },
  networkStage('clip', 'vision', encodeFrames),
  networkStage('unet', 'unet', predict),
  networkStage('sample', 'unet', sample),
  networkStage('vae-decode', 'vae', decode),
  networkStage('vae-encode', 'vae', encode),
  networkStage('vocoder', 'vocoder', vocode),
  { name: 'mel', needs: ['inputs'], run: (request) => onOwnEngine((engine) => mel(engine, request)) },
  { name: 'stft', needs: ['inputs'], run: (request) => onOwnEngine((engine) => spectrum(engine, request)) },
];

/** A stage that runs the network of one part. */
function networkStage(
  name: string,
  part: VtaLdmPart,
  run: (networks: VtaLdmNetworks, request: VtaLdmStageRequest) => Promise<NamedTensors>,
): VtaLdmStage {
  return {
    name,
    needs: ['weights', 'inputs'],
    run: (request) =>
      onOwnEngine((engine) => {
        const { dtype, onProgress, signal } = request;
        const load = (): Promise<VtaLdmNetworks> =>
          VtaLdmNetworks.load(engine, neededPath(request, 'weights'), {
            ...{ parts: [part], dtype },
            ...(onProgress && { onProgress }),
            ...(signal && { signal }),
          });
        return timedRuns(request, load, (networks) => run(networks, request));
      }),
  };
}

async function frames(request: VtaLdmStageRequest): Promise<NamedTensors> {
  const { frameRule: rule, signal } = request;
  const clip = await openClip(neededPath(request, 'clip'), { signal });
  const chosen = await clipFrames(clip, { rule, signal });
  const count = chosen.indices.length;
  const size = Math.sqrt(chosen.frames.length / count / 3);
  return new Map<string, NamedTensor>([
    ['frames', channelsFirst(chosen.frames, [count, size, size, 3])],
    ['indices', { shape: [count], data: Int32Array.from(chosen.indices) }],
  ]);
}

async function encodeFrames(
  networks: VtaLdmNetworks,
  { inputs, onProgress, signal }: VtaLdmStageRequest,
): Promise<NamedTensors> {
  const { clip, tokens: token } = networks.config;
  const { image_size: size, num_channels: channels } = clip;
  const frames = namedInput(inputs, 'frames', ['T', channels, size, size]);
  const { embeds, tokens } = await networks.encodeFrames(channelsLast(frames), {
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
  const count = frames.shape[0]!;
  return new Map([
    ['image_embeds', { shape: [count, clip.projection_dim], data: embeds }],
    ['tokens', { shape: [count, token.embedding_dim], data: tokens }],
  ]);
}

async function predict(networks: VtaLdmNetworks, { inputs }: VtaLdmStageRequest): Promise<NamedTensors> {
  const { unet, tokens: token } = networks.config;
  const latent = namedInput(inputs, 'latent', ['B', unet.inChannels, 'H', 'W']);
  const [batch, , height, width] = latent.shape as [number, number, number, number];
  const timestep = namedInput(inputs, 'timestep', [1]).data[0]!;
  const tokens = namedInput(inputs, 'tokens', [batch, 'T', token.embedding_dim]);
  const mask = inputs.has('mask')
    ? (namedInput(inputs, 'mask', [batch, tokens.shape[1]!]).data as Float32Array)
    : new Float32Array(batch * tokens.shape[1]!).fill(1);
  const velocity = await networks.velocity(
    channelsLast(latent),
    { batch, height, width },
    { timestep, tokens: tokens.data as Float32Array, mask },
  );
  return new Map([['velocity', channelsFirst(velocity, [batch, height, width, unet.outChannels])]]);
}

async function sample(networks: VtaLdmNetworks, request: VtaLdmStageRequest): Promise<NamedTensors> {
  const { inputs, steps, guidance, sampler: kind, onProgress, signal } = request;
  const { unet, tokens: token, scheduler } = networks.config;
  const tokens = namedInput(inputs, 'tokens', ['T', token.embedding_dim]).data as Float32Array;
  const initial = namedInput(inputs, 'noise_init', [1, unet.inChannels, 'H', 'W']);
  const [, , height, width] = initial.shape as [number, number, number, number];
  const sampler = createSampler(scheduler, { kind, steps });
  const drawn = inputs.has('noise_steps')
    ? namedInput(inputs, 'noise_steps', [steps, 1, unet.inChannels, height, width])
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

async function decode(networks: VtaLdmNetworks, { inputs }: VtaLdmStageRequest): Promise<NamedTensors> {
  const { reduction } = networks;
  const latent = namedInput(inputs, 'latent', ['B', networks.config.vae.embed_dim, 'H', 'W']);
  const [batch, , height, width] = latent.shape as [number, number, number, number];
  const mel = await networks.decode(channelsLast(latent), { batch, height, width });
  return new Map([['mel', { shape: [batch, 1, height * reduction, width * reduction], data: mel }]]);
}

async function encode(networks: VtaLdmNetworks, { inputs }: VtaLdmStageRequest): Promise<NamedTensors> {
  const { reduction } = networks;
  const mel = namedInput(inputs, 'mel', ['B', 1, 'M', 'bands']);
  const [batch, , rows, bands] = mel.shape as [number, number, number, number];
  const { mean, logvar } = await networks.encode(mel.data as Float32Array, [batch, rows, bands]);
  const shape = [batch, Math.floor(rows / reduction), Math.floor(bands / reduction), networks.config.vae.embed_dim];
  return new Map([
    ['mean', channelsFirst(mean, shape)],
    ['logvar', channelsFirst(logvar, shape)],
  ]);
}

async function vocode(networks: VtaLdmNetworks, { inputs }: VtaLdmStageRequest): Promise<NamedTensors> {
  const mel = namedInput(inputs, 'mel', ['B', 'M', networks.config.vocoder.num_mels]);
  const batch = mel.shape[0]!;
  const waveform = await networks.vocode(mel.data as Float32Array, batch);
  return new Map([['waveform', { shape: [batch, waveform.length / batch], data: waveform }]]);
}

async function mel(engine: Engine, { inputs }: StageRequest): Promise<NamedTensors> {
  const waveform = namedInput(inputs, 'waveform', ['B', 'S']);
  const graph = new Graph();
  const out = audioLdmMel(graph.input('waveform', waveform.shape));
  graph.output('mel', out);
  const plan = await engine.compile(graph);
  const { mel: data } = await plan.run({ waveform: waveform.data as Float32Array });
  return new Map([['mel', { shape: out.shape, data: data! }]]);
}

async function spectrum(engine: Engine, { inputs, nFft, hop }: VtaLdmStageRequest): Promise<NamedTensors> {
  const waveform = namedInput(inputs, 'waveform', ['B', 'S']);
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
