/** Coarse optical flow of image pairs. */

import { FLOW_GRID, type FlowProblem, flowFamily } from '../../kernels/flow/flow.js';
import { lower, shapeText } from '../../kernels/kernel.js';
import { ShapeError } from '../errors.js';
import type { Op, Tensor } from '../graph.js';

/** Images are halved twice and cut into 8×8 cells. */
const MULTIPLE = 32;

const flowOp: Op = {
  name: 'optical-flow',
  infer([first, second, seconds]) {
    const [images, height, width] = first!.shape;
    if (first!.shape.length !== 3 || height! % MULTIPLE !== 0 || width! % MULTIPLE !== 0) {
      throw new ShapeError(
        `images are [n, height, width] with sides that are multiples of ${MULTIPLE}, not ${shapeText(first!.shape)}`,
      );
    }
    if (second!.shape.join() !== first!.shape.join())
      throw new ShapeError(`the second images have another shape, ${shapeText(second!.shape)}`);
    if (seconds!.shape.join() !== String(images))
      throw new ShapeError(`the times between are [${images}], not ${shapeText(seconds!.shape)}`);
    return [{ shape: [images!, FLOW_GRID, FLOW_GRID, 5], dtype: 'f32' }];
  },
  lower: (profile, problem, forced) => lower(flowFamily, profile, problem as FlowProblem, forced),
};

/**
 * Flow from each of `first` to the same of `second` (grey [n, height, width] in [0, 1], sides multiples of 32),
 * `seconds` [n] apart, on an 8×8 grid: [n, 8, 8, 5] = mean velocity x, y, mean and top speed (image widths a second),
 * mean change of light a second. Not differentiable.
 * @throws {ShapeError} when shapes do not fit
 */
export const opticalFlow = (first: Tensor, second: Tensor, seconds: Tensor): Tensor =>
  first.graph.apply(flowOp, [first, second, seconds], {})[0]!;
