/** Textures for the operands that kernels read as such (`kernels/texture-operand.ts`), and which steps share one. */

import type { TextureLayout } from '../../kernels/kernel.js';
import type { LoweredNode } from './lower.js';
import type { Passed } from './pass.js';

export interface TextureOperands {
  readonly textures: readonly TextureLayout[];
  /** Texture of the operand that a step binds at a binding. */
  at(step: number, binding: number): number;
}

/** Steps are counted over the calls of all nodes. */
export function allocateTextures(lowered: readonly LoweredNode[]): Passed<TextureOperands> {
  const calls = lowered.flatMap(({ lowering }) => lowering.calls);
  const needs = calls.flatMap(({ buffers }, step) =>
    buffers.flatMap(({ texture }, binding) => (texture ? [{ step, binding, layout: texture }] : [])),
  );
  const { textures, assignment } = assignTextures(needs);
  const key = (step: number, binding: number): string => `${step} ${binding}`;
  const found = new Map(needs.map(({ step, binding }, i) => [key(step, binding), assignment[i]!]));
  return {
    result: { textures, at: (step, binding) => found.get(key(step, binding))! },
    did: `${needs.length} operands in ${textures.length} textures`,
  };
}

/**
 * Assigns a texture to each tensor that is read as one. A texture is needed only from its copy to the call behind it, so
 * tensors of different steps share one that is large enough; tensors of the same step do not.
 */
export function assignTextures(needs: readonly { step: number; layout: TextureLayout }[]): {
  textures: TextureLayout[];
  assignment: number[];
} {
  const texels = ({ width, height }: TextureLayout): number => width * height;
  const order = [...needs.keys()].sort((a, b) => texels(needs[b]!.layout) - texels(needs[a]!.layout));
  const pool: { layout: TextureLayout; steps: Set<number> }[] = [];
  const assignment = new Array<number>(needs.length).fill(0);
  for (const i of order) {
    const { step, layout } = needs[i]!;
    let found = pool.findIndex(
      ({ layout: large, steps }) =>
        large.dtype === layout.dtype &&
        large.width >= layout.width &&
        large.height >= layout.height &&
        !steps.has(step),
    );
    if (found < 0) found = pool.push({ layout, steps: new Set() }) - 1;
    pool[found]!.steps.add(step);
    assignment[i] = found;
  }
  return { textures: pool.map(({ layout }) => layout), assignment };
}
