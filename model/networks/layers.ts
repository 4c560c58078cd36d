/** Layers with weights; each is a function of parameters and tensors. Activations are channels-last. */

import {
  add,
  conv1d,
  conv2d,
  convTranspose1d,
  gelu,
  groupNorm,
  layerNorm,
  linear as linearOp,
  mul,
  type Tensor,
} from '../../engine/engine.js';
import { type Initial, type Parameters, TORCH_ORDER } from './parameters.js';

export interface LinearOptions {
  /** Initialized to zero, for outputs of residual branches. */
  zero?: boolean;
  /** Default true. */
  bias?: boolean;
}

/** [..., in] → [..., out]. */
export function linear(
  p: Parameters,
  name: string,
  x: Tensor,
  out: number,
  { zero = false, bias = true }: LinearOptions = {},
): Tensor {
  const inputs = x.shape.at(-1)!;
  return p.in(name, () => {
    const initial: Initial = zero ? { kind: 'zeros' } : { kind: 'fanIn', fan: inputs };
    const weight = p.get('weight', [inputs, out], initial, TORCH_ORDER.linear);
    return linearOp(x, weight, bias ? p.get('bias', [out], initial) : undefined);
  });
}

export interface Conv1dOptions {
  kernel: number;
  stride?: number;
  dilation?: number;
  groups?: number;
  /** Zeros at each end; `same` keeps the length where the stride is 1. */
  padding?: number | 'same';
}

/** [B, L, C] → [B, L', out]. */
export function convolve1d(p: Parameters, name: string, x: Tensor, out: number, options: Conv1dOptions): Tensor {
  const { kernel, stride = 1, dilation = 1, groups = 1 } = options;
  const span = dilation * (kernel - 1);
  const padding = options.padding === 'same' || options.padding === undefined ? span >> 1 : options.padding;
  const perGroup = x.shape[2]! / groups;
  return p.in(name, () => {
    const { weight, bias } = p.layer('conv1d', [out, kernel, perGroup], kernel * perGroup, out);
    return add(conv1d(x, weight, { stride, dilation, groups, padding: [padding, padding] }), bias);
  });
}

export interface Conv2dOptions {
  kernel: [number, number];
  stride?: number;
  groups?: number;
  /** Zeros above, below, left and right; default: half a kernel, which keeps the size where the stride is 1. */
  padding?: [number, number, number, number];
  /** Default true. */
  bias?: boolean;
}

/** [B, H, W, C] → [B, H', W', out]. */
export function convolve2d(p: Parameters, name: string, x: Tensor, out: number, options: Conv2dOptions): Tensor {
  const [kh, kw] = options.kernel;
  const { stride = 1, groups = 1, padding = [kh >> 1, kh >> 1, kw >> 1, kw >> 1], bias = true } = options;
  const perGroup = x.shape[3]! / groups;
  const initial: Initial = { kind: 'fanIn', fan: kh * kw * perGroup };
  return p.in(name, () => {
    // Depthwise kernels are small, and a sum of so few terms does not average rounding errors away: they stay f32.
    const storage = perGroup === 1 ? 'f32' : undefined;
    const weight = p.get('weight', [out, kh, kw, perGroup], initial, TORCH_ORDER.conv2d, storage);
    const y = conv2d(x, weight, { stride: [stride, stride], groups, padding });
    return bias ? add(y, p.get('bias', [out], initial)) : y;
  });
}

export interface Upsample1dOptions {
  /** Taps; as many as the stride by default, so that outputs of neighbouring inputs do not overlap. */
  kernel?: number;
  /** Samples cut off each end; default 0. */
  padding?: number;
}

/** Transposed convolution [B, L, C] → [B, (L − 1)·stride + kernel − 2·padding, out]; L·stride by default. */
export function upsample1d(
  p: Parameters,
  name: string,
  x: Tensor,
  out: number,
  stride: number,
  { kernel = stride, padding = 0 }: Upsample1dOptions = {},
): Tensor {
  const channels = x.shape[2]!;
  return p.in(name, () => {
    const fan = (channels * kernel) / stride;
    const { weight, bias } = p.layer('convTranspose1d', [channels, kernel, out], fan, out);
    return add(convTranspose1d(x, weight, { stride, padding }), bias);
  });
}

export function layerNormalise(p: Parameters, name: string, x: Tensor, eps = 1e-5): Tensor {
  const channels = x.shape.at(-1)!;
  return p.in(name, () =>
    layerNorm(x, {
      eps,
      weight: p.get('weight', [channels], { kind: 'ones' }),
      bias: p.get('bias', [channels], { kind: 'zeros' }),
    }),
  );
}

export function groupNormalise(p: Parameters, name: string, x: Tensor, groups: number, eps = 1e-5): Tensor {
  const channels = x.shape.at(-1)!;
  return p.in(name, () =>
    groupNorm(x, groups, {
      eps,
      weight: p.get('weight', [channels], { kind: 'ones' }),
      bias: p.get('bias', [channels], { kind: 'zeros' }),
    }),
  );
}

/**
 * One ConvNeXt block over time (Liu et al. 2022, as Vocos uses it): depthwise convolution, LayerNorm, linear to ×`expand`,
 * GELU, linear back, layer scale, residual. [B, L, C] → [B, L, C].
 */
function convNext(
  p: Parameters,
  name: string,
  x: Tensor,
  { kernel = 7, expand = 3, scale = 0.3 }: { kernel?: number; expand?: number; scale?: number } = {},
): Tensor {
  const channels = x.shape[2]!;
  return p.in(name, () => {
    const normed = layerNormalise(p, 'norm', convolve1d(p, 'depthwise', x, channels, { kernel, groups: channels }));
    const hidden = gelu(linear(p, 'widen', normed, channels * expand));
    const layerScale = p.get('scale', [channels], { kind: 'value', value: scale });
    return add(x, mul(linear(p, 'narrow', hidden, channels), layerScale));
  });
}

/** `count` ConvNeXt blocks, their names numbered. */
export function convNextStack(p: Parameters, name: string, x: Tensor, count: number): Tensor {
  let h = x;
  for (let i = 0; i < count; i++) h = convNext(p, `${name}${i}`, h);
  return h;
}
