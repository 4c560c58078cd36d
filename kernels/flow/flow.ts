/**
 * Coarse optical flow between pairs of grey images: pyramidal Lucas–Kanade (Lucas & Kanade 1981; Bouguet 2001) at every
 * pixel, pooled to an 8×8 grid. Three levels, two steps a level, 7×7 windows. Not differentiable.
 */

import {
  type BufferRef,
  type Family,
  input,
  type KernelCall,
  type Lowering,
  output,
  type Problem,
  scratchRead,
  scratchWrite,
  type TensorType,
  type Variant,
} from '../kernel.js';

/** Inputs: first and second images [n, height, width] in [0, 1], seconds between them [n]. Output [n, 8, 8, 5]. */
export type FlowProblem = Problem;

export const FLOW_GRID = 8;
export const FLOW_LEVELS = 3;
export const FLOW_STEPS = 2;
export const FLOW_RADIUS = 3;
/** Added to the structure tensor's diagonal: where there is no texture, there is no flow. */
export const FLOW_LAMBDA = 0.01;

/** Scratch tensors by role. */
const ROLES = [
  'first1',
  'first2',
  'second1',
  'second2',
  'slope',
  'rows',
  'tensor',
  'residual',
  'sums',
  'flowA',
  'flowB',
] as const;
type Role = (typeof ROLES)[number];
const at = (role: Role): number => ROLES.indexOf(role);
const from = (role: Role): BufferRef => scratchRead(at(role));
const to = (role: Role): BufferRef => scratchWrite(at(role));

/** Makes the call of a template on the images of a level. */
type LevelCall = (template: string, level: number, buffers: BufferRef[], defines?: KernelCall['defines']) => KernelCall;

/** In the order of the roles. */
function scratchOf(images: number, height: number, width: number): TensorType[] {
  const pixels = (level: number, channels = 1): TensorType => ({
    shape: [images, height >> level, width >> level, channels],
    dtype: 'f32',
  });
  const pyramid = [pixels(1), pixels(2), pixels(1), pixels(2)];
  return [...pyramid, pixels(0, 2), pixels(0, 4), pixels(0, 4), pixels(0, 2), pixels(0, 2), pixels(0, 2), pixels(0, 2)];
}

function lowerFlow(direct: boolean): (problem: FlowProblem) => Lowering {
  return ({ inputs: [first] }) => {
    const [images, height, width] = first!.shape as [number, number, number];
    const call: LevelCall = (template, level, buffers, defines = {}) => {
      const [w, h] = [width >> level, height >> level];
      return {
        template: `flow/${template}`,
        defines,
        buffers,
        params: { width: w, height: h, images },
        workgroups: [Math.ceil(w / 64), h * images, 1],
      };
    };
    const calls: KernelCall[] = [
      call('halve', 1, [input(0), to('first1')]),
      call('halve', 1, [input(1), to('second1')]),
      call('halve', 2, [from('first1'), to('first2')]),
      call('halve', 2, [from('second1'), to('second2')]),
      call('clear', 2, [to('flowA')]),
    ];
    let flow: FlowRoles = ['flowA', 'flowB'];
    for (let level = FLOW_LEVELS - 1; level >= 0; level--) {
      if (level < FLOW_LEVELS - 1) {
        calls.push(call('enlarge', level, [from(flow[0]), to(flow[1])]));
        flow = [flow[1], flow[0]];
      }
      flow = refineLevel(calls, call, level, flow, direct);
    }
    calls.push({
      ...call('cells', 0, [input(0), input(1), from(flow[0]), input(2), output()], { GRID: FLOW_GRID }),
      workgroups: [Math.ceil((images * FLOW_GRID * FLOW_GRID) / 64), 1, 1],
    });
    const scratch = scratchOf(images, height, width);
    return { variant: direct ? 'naive' : 'separable', calls, scratch, flops: images * height * width * 300 };
  };
}

/** The flow so far, and where the next one is written. */
type FlowRoles = [now: Role, next: Role];

const LEVEL_IMAGES: readonly (readonly [BufferRef, BufferRef])[] = [
  [input(0), input(1)],
  [from('first1'), from('second1')],
  [from('first2'), from('second2')],
];

/** Adds the steps of a level: structure tensors once, then residuals and updates. Gives back where the flow is. */
function refineLevel(calls: KernelCall[], call: LevelCall, level: number, flow: FlowRoles, direct: boolean): FlowRoles {
  const RADIUS = FLOW_RADIUS;
  const [a, b] = LEVEL_IMAGES[level]!;
  let [now, next] = flow;
  calls.push(call('gradient', level, [a, to('slope')]));
  if (direct) calls.push(call('window', level, [from('slope'), to('tensor')], { RADIUS }));
  else {
    calls.push(call('rows', level, [from('slope'), to('rows')], { RADIUS, TENSOR: true }));
    calls.push(call('columns', level, [from('rows'), to('tensor')], { RADIUS }));
  }
  for (let step = 0; step < FLOW_STEPS; step++) {
    calls.push(call('residual', level, [a, b, from('slope'), from(now), to('residual')]));
    if (!direct) calls.push(call('rows', level, [from('residual'), to('sums')], { RADIUS, TENSOR: false }));
    calls.push(
      call('update', level, [from('tensor'), from(direct ? 'residual' : 'sums'), from(now), to(next)], {
        RADIUS,
        DIRECT: direct,
        LAMBDA: FLOW_LAMBDA,
      }),
    );
    [now, next] = [next, now];
  }
  return [now, next];
}

function unsupportedReason(
  profile: { maxWorkgroupsPerDimension: number },
  { inputs: [first] }: FlowProblem,
): string | null {
  const [images, height] = first!.shape as [number, number, number];
  const rows = images * height;
  return rows > profile.maxWorkgroupsPerDimension
    ? `${rows} rows of pixels are more than ${profile.maxWorkgroupsPerDimension}; use fewer images at a time`
    : null;
}

const separable: Variant<FlowProblem> = {
  name: 'separable',
  unsupportedReason,
  lower: (_, problem) => lowerFlow(false)(problem),
};
const naive: Variant<FlowProblem> = {
  name: 'naive',
  unsupportedReason,
  lower: (_, problem) => lowerFlow(true)(problem),
};

export const flowFamily: Family<FlowProblem> = { name: 'flow', variants: [separable, naive] };
