/** Layers that own weights; each is a function of parameters and tensors. Activations are channels-last. */

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
} from '../engine/engine.js';
import { type Parameters, TORCH_ORDER } from './parameters.js';

/** [..., in] → [..., out]. `zero` begins at zero, for outputs of residual branches. */
export function linear(p: Parameters, name: string, x: Tensor, out: number, options: { zero?: boolean } = {}): Tensor {
  const inputs = x.shape.at(-1)!;
  return p.in(name, () => {
    if (options.zero) {
      return linearOp(
        x,
        p.get('weight', [inputs, out], { kind: 'zeros' }, TORCH_ORDER.linear),
        p.get('bias', [out], { kind: 'zeros' }),
      );
    }
    const { weight, bias } = p.layer('linear', [inputs, out], inputs, out);
    return linearOp(x, weight, bias);
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

/** [B, H, W, C] → [B, H', W', out], zero padding that keeps the size where the stride is 1. */
export function convolve2d(
  p: Parameters,
  name: string,
  x: Tensor,
  out: number,
  { kernel, stride = 1 }: { kernel: [number, number]; stride?: number },
): Tensor {
  const [kh, kw] = kernel;
  const channels = x.shape[3]!;
  return p.in(name, () => {
    const { weight, bias } = p.layer('conv2d', [out, kh, kw, channels], kh * kw * channels, out);
    return add(conv2d(x, weight, { stride: [stride, stride], padding: [kh >> 1, kh >> 1, kw >> 1, kw >> 1] }), bias);
  });
}

/** [B, L, C] → [B, L·stride, out] with kernel = stride: each step becomes `stride` steps of its own. */
export function upsample1d(p: Parameters, name: string, x: Tensor, out: number, stride: number): Tensor {
  const channels = x.shape[2]!;
  return p.in(name, () => {
    const { weight, bias } = p.layer('convTranspose1d', [channels, stride, out], channels, out);
    return add(convTranspose1d(x, weight, { stride }), bias);
  });
}

export function layerNormalise(p: Parameters, name: string, x: Tensor): Tensor {
  const channels = x.shape.at(-1)!;
  return p.in(name, () =>
    layerNorm(x, {
      weight: p.get('weight', [channels], { kind: 'ones' }),
      bias: p.get('bias', [channels], { kind: 'zeros' }),
    }),
  );
}

export function groupNormalise(p: Parameters, name: string, x: Tensor, groups: number): Tensor {
  const channels = x.shape.at(-1)!;
  return p.in(name, () =>
    groupNorm(x, groups, {
      weight: p.get('weight', [channels], { kind: 'ones' }),
      bias: p.get('bias', [channels], { kind: 'zeros' }),
    }),
  );
}

/**
 * One ConvNeXt block over time (Liu et al. 2022, as Vocos uses it): depthwise conv, LayerNorm, widen ×`expand`, GELU,
 * narrow, layer scale, residual. [B, L, C] → [B, L, C].
 */
export function convNext(
  p: Parameters,
  name: string,
  x: Tensor,
  { kernel = 7, expand = 3, scale = 0.3 }: { kernel?: number; expand?: number; scale?: number } = {},
): Tensor {
  const channels = x.shape[2]!;
  return p.in(name, () => {
    const mixed = layerNormalise(p, 'norm', convolve1d(p, 'depthwise', x, channels, { kernel, groups: channels }));
    const wide = gelu(linear(p, 'widen', mixed, channels * expand));
    const gain = p.get('scale', [channels], { kind: 'value', value: scale });
    return add(x, mul(linear(p, 'narrow', wide, channels), gain));
  });
}
