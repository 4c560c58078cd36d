/** Updates of weights in place: AdamW and moving averages; and the squared length of a whole gradient. */

import {
  type DeviceProfile,
  type Family,
  flatGrid,
  input,
  output,
  type Problem,
  scratchRead,
  scratchWrite,
  sizeOf,
  updated,
  type Variant,
} from '../kernel.js';
import { type Lanes, subgroupLanes, workgroupLanes } from '../reduce/lanes.js';
import { busyWorkgroups, chunksFor, rowCall } from '../reduce/reduce.js';

/** Values of AdamW's `hyper` operand, in order. */
export const HYPER = [
  'lr',
  'beta1',
  'beta2',
  'eps',
  'weightDecay',
  'biasCorrection1',
  'biasCorrection2',
  'emaDecay',
  'gradScale',
] as const;

/** One variant for sizes that divide by 4, one for all. */
function elementwise(
  lower: (profile: DeviceProfile, problem: Problem, vec: 1 | 4) => ReturnType<Variant<Problem>['lower']>,
): Variant<Problem>[] {
  return ([4, 1] as const).map((vec) => ({
    name: vec === 4 ? 'vec4' : 'naive',
    unsupportedReason: (_, { inputs }) =>
      sizeOf(inputs[0]!.shape) % vec === 0 ? null : 'the size is not made of whole vec4s',
    lower: (profile, problem) => lower(profile, problem, vec),
  }));
}

const nameOf = (vec: 1 | 4): string => (vec === 4 ? 'vec4' : 'naive');

const adamwVariants = elementwise((profile, { inputs }, vec) => {
  const items = sizeOf(inputs[0]!.shape) / vec;
  const ema = inputs.length > 6;
  return {
    variant: nameOf(vec),
    calls: [
      {
        template: 'optimizer/adamw',
        defines: { GRAD_TYPE: inputs[1]!.dtype, EMA: ema, VEC: vec },
        buffers: [updated(0), input(1), updated(2), updated(3), input(4), input(5), ...(ema ? [updated(6)] : [])],
        params: { items },
        workgroups: flatGrid(items, 64, profile.maxWorkgroupsPerDimension),
      },
    ],
  };
});

/** inputs: param, grad, m, v, hyper f32 [9], clip f32 [1]; no outputs: param, m and v are updated. */
export const adamwFamily: Family<Problem> = { name: 'adamw', variants: adamwVariants };

/** As `adamwFamily`, with a moving average of the weights as a seventh input that is updated. */
export const adamwEmaFamily: Family<Problem> = { name: 'adamw-ema', variants: adamwVariants };

/** inputs: average, x, decay f32 [1]; no outputs: the average is updated. */
export const emaFamily: Family<Problem> = {
  name: 'ema',
  variants: elementwise((profile, { inputs }, vec) => {
    const items = sizeOf(inputs[0]!.shape) / vec;
    return {
      variant: nameOf(vec),
      calls: [
        {
          template: 'optimizer/ema',
          defines: { VEC: vec },
          buffers: [updated(0), input(1), input(2)],
          params: { items },
          workgroups: flatGrid(items, 64, profile.maxWorkgroupsPerDimension),
        },
      ],
    };
  }),
};

function squares(lanes: Lanes): Variant<Problem> {
  return {
    name: lanes.name,
    unsupportedReason: (profile) => lanes.unsupportedReason(profile),
    notPreferredReason: (profile) => lanes.notPreferredReason(profile),
    lower(profile, { inputs }) {
      let parts = 0;
      const calls = inputs.map(({ shape, dtype }, k) => {
        const length = sizeOf(shape);
        const cut = chunksFor(length, Math.min(busyWorkgroups(profile), length / 1024));
        const call = rowCall(
          profile,
          lanes,
          { kind: 'sumSquares', inType: dtype, outType: 'f32' },
          { rows: 1, length, ...cut, outStart: parts, scale: 1 },
          [input(k), scratchWrite(0)],
        );
        parts += cut.chunks;
        return call;
      });
      const total = rowCall(
        profile,
        lanes,
        { kind: 'sum', inType: 'f32', outType: 'f32' },
        { rows: 1, length: parts, chunk: Math.ceil(parts / 4) * 4, chunks: 1, scale: 1 },
        [scratchRead(0), output()],
      );
      return { variant: lanes.name, calls: [...calls, total], scratch: [{ shape: [parts], dtype: 'f32' }] };
    },
  };
}

/** inputs: any number of tensors; output f32 [1]: Σ of the squares of all their elements. */
export const sumOfSquaresFamily: Family<Problem> = {
  name: 'sum-of-squares',
  variants: [squares(subgroupLanes), squares(workgroupLanes)],
};
