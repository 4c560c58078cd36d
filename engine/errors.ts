/** Typed errors of the engine. Each message names the thing, what was expected, and what to do. */

import { OnsetError } from '../kernels/errors.js';

export class EngineError extends OnsetError {
  override name = 'EngineError';
}

/** No adapter, or one the engine cannot use. */
export class AdapterError extends EngineError {
  override name = 'AdapterError';
  override readonly exitCode = 3;
}

/** Operand shapes that an operation cannot take. */
export class ShapeError extends EngineError {
  override name = 'ShapeError';
}

/** Operand storage types that an operation cannot take. */
export class DTypeError extends EngineError {
  override name = 'DTypeError';
}

/** An operation without a gradient was differentiated. */
export class GradientError extends EngineError {
  override name = 'GradientError';
}

/** WGSL that the device refuses; carries the compiler's lines mapped back to the template. */
export class CompileError extends EngineError {
  override name = 'CompileError';
}

/** An allocation or binding beyond a limit of the device. */
export class LimitError extends EngineError {
  override name = 'LimitError';
}

/** Inputs of a plan that are missing, unknown or of the wrong size. */
export class PlanInputError extends EngineError {
  override name = 'PlanInputError';
}

/** Validation or out-of-memory errors that the device reported while a plan ran. */
export class DeviceError extends EngineError {
  override name = 'DeviceError';
}

/** An engine or a plan was used after it was disposed. */
export class DisposedError extends EngineError {
  override name = 'DisposedError';
}

/** The device went away; pending calls reject with this. */
export class DeviceLostError extends EngineError {
  override name = 'DeviceLostError';
  readonly reason: string;
  /** Labels of the steps that were last submitted. */
  readonly lastSteps: readonly string[];
  constructor(reason: string, message: string, lastSteps: readonly string[]) {
    super(
      `the GPU device was lost (${reason}): ${message || 'no message'}` +
        (lastSteps.length > 0 ? `; last steps submitted: ${lastSteps.join(', ')}` : ''),
    );
    this.reason = reason;
    this.lastSteps = lastSteps;
  }
}
