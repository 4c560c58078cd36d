/** Programs as text. */

import { byteLength, type TensorType } from '../kernels/kernel.js';
import { countsText } from './passes/pass.js';
import type { Binding, Program, Step } from './program.js';
import { textureBytes } from './texture-operands.js';

/** What `DEBUG=plan` shows: what each pass did, the steps one a line, why their variants were chosen, and memory. */
export function printProgram(program: Program): string {
  return [
    ...program.passes.map(({ name, did }) => `${name}: ${did}`),
    ...program.steps.map(stepText),
    ...choices(program.steps),
    printMemory(program),
  ].join('\n');
}

function stepText({ op, variant, path, call, bindings }: Step, index: number): string {
  const bound = bindings.map((binding, k) => bindingText(binding) + (call.buffers[k]!.access === 'read' ? '' : '!'));
  return `${String(index).padStart(4)} ${op}/${variant} ${call.template} (${bound.join(' ')}) ×${call.workgroups.join('×')}  ${path}`;
}

/** s: slot, c: constant, t: texture. */
function bindingText(binding: Binding): string {
  switch (binding.in) {
    case 'slot':
      return `s${binding.slot}`;
    case 'constant':
      return `c${binding.id}`;
    case 'texture':
      return `${bindingText(binding.source)}→t${binding.texture}`;
    case 'input':
      return `in:${binding.name}`;
    case 'variable':
      return `var:${binding.name}`;
  }
}

/** For each variant that was not its family's first: what stood before it, and why that was not chosen. */
function choices(steps: readonly Step[]): string[] {
  const explained = steps.flatMap(({ op, variant, passedOver }) => {
    const reasons = passedOver.map((over) => `${over.variant} (${over.why}: ${over.reason})`);
    return reasons.length > 0 ? [`  ${op}/${variant} rather than ${reasons.join(', ')}`] : [];
  });
  return explained.length > 0 ? ['variants, by steps:', countsText(explained, '\n')] : [];
}

/** Bytes by purpose: what `DEBUG=memory` shows. */
export function printMemory(program: Program): string {
  const total = (types: Iterable<TensorType>): number => [...types].reduce((sum, t) => sum + byteLength(t), 0);
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  const { slots, textures } = program;
  return (
    `memory: variables ${mb(total(program.variables.values()))}, activations ${mb(slots.peakBytes)} in ${slots.slots.length} slots ` +
    `(lower bound ${mb(slots.lowerBound)}, ratio ${(slots.peakBytes / Math.max(1, slots.lowerBound)).toFixed(3)}), ` +
    `textures ${mb(textures.reduce((sum, layout) => sum + textureBytes(layout), 0))} in ${textures.length}, ` +
    `inputs ${mb(total(program.inputs.values()))}, constants ${mb(total([...program.constants.values()].map((c) => c.type)))}, ` +
    `staging ${mb(total([...program.outputs.values()].map((o) => o.type)))}`
  );
}
