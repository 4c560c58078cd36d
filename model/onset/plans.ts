/** The graphs that the pipeline runs: encoder and alignment heads, one guided step of the denoiser, the codec's decoder. */

import { add, concat, Graph, mul, slice, sub } from '../../engine/engine.js';
import { type ParameterSpec, Parameters } from '../networks/index.js';
import { predictedTracks, TRACKS } from './alignment.js';
import type { OnsetModel } from './model.js';

/** Tokens of one window (4 s). */
export const WINDOW = 100;
/** Latent frames of one decoding window. */
export const DECODE_WINDOW = 128;

/** Traces a graph for `batch` windows. */
export type Trace = (model: OnsetModel, p: Parameters, batch: number) => void;

/** Visual features [B, WINDOW, …] → tokens, tracks [B, WINDOW, 8] and class logits [B, classes]. */
export const traceEncode: Trace = (model, p, batch) => {
  const visualFeatures = p.graph.input('visual-features', [batch, ...model.encoder.inputShape(WINDOW)]);
  const tokens = model.tokens(p, visualFeatures);
  const heads = model.heads(p, tokens);
  p.graph.output('tokens', tokens);
  p.graph.output('tracks', predictedTracks(heads));
  p.graph.output('classes', heads.classLogits);
};

/** With and without the condition in one batch, and the guided velocity between them. */
export const traceDenoise: Trace = (model, p, batch) => {
  const { graph } = p;
  const { width } = model.config.generator;
  const channels = model.codec.latentChannels;
  const classes = model.config.classes.length;
  const noisyLatents = graph.input('noisy-latents', [batch, WINDOW, channels]);
  const tokens = graph.input('tokens', [batch, WINDOW, width]);
  const tracks = graph.input('tracks', [batch, WINDOW, TRACKS]);
  const guidance = graph.input('guidance', [1]);
  const none = graph.constant(new Uint32Array(batch).fill(classes), [batch]);
  const keep = graph.constant(
    Float32Array.from({ length: 2 * batch }, (_, i) => Number(i < batch)),
    [2 * batch],
  );
  const condition = model.condition(p, {
    tokens: concat([tokens, tokens], 0),
    tracks: concat([tracks, tracks], 0),
    classIndex: concat([graph.input('class-index', [batch], 'u32'), none], 0),
    keep,
  });
  const both = model.velocity(p, {
    noisyLatents: concat([noisyLatents, noisyLatents], 0),
    time: graph.input('time', [2 * batch]),
    condition,
  });
  const free = slice(both, 0, batch, 2 * batch);
  graph.output('velocity', add(free, mul(sub(slice(both, 0, 0, batch), free), guidance)));
};

/** Latents [1, DECODE_WINDOW, C], and what a stochastic decoder draws its noise by → sound. */
export const traceDecode: Trace = ({ codec }, p) => {
  const { graph } = p;
  const latents = graph.input('latents', [1, DECODE_WINDOW, codec.latentChannels]);
  const noise = codec.stochastic
    ? { seed: graph.input('seed', [2], 'u32'), firstFrame: graph.input('first-frame', [1], 'u32') }
    : undefined;
  graph.output('sound', codec.decode(p, latents, noise));
};

const traceCodecEncode: Trace = (model, p) => {
  model.codec.encode(p, p.graph.input('sound', [1, model.codec.samplesPerLatent * 8]));
};

/** Every parameter of the model, found by tracing its parts once; our own files keep them in our own order of dimensions. */
export function allParameters(model: OnsetModel): Pick<ParameterSpec, 'name' | 'shape'>[] {
  const traces = [traceEncode, traceDenoise, traceDecode, traceCodecEncode].map((trace) => {
    const p = new Parameters(new Graph());
    trace(model, p, 1);
    return p.specs;
  });
  return [...new Map(traces.flatMap((specs) => [...specs])).values()].map(({ name, shape }) => ({ name, shape }));
}
