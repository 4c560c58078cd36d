/** Rows of a table by number (embeddings), and the sum that scatters gradients back. */

import { type Family, flatGrid, input, output, type Problem, sizeOf, type Variant } from '../kernel.js';

function tableFamily(name: string, template: string, table: (problem: Problem) => readonly number[]): Family<Problem> {
  const variant = (vec: 1 | 4): Variant<Problem> => ({
    name: vec === 4 ? 'vec4' : 'naive',
    unsupportedReason: (_, problem) => (table(problem)[1]! % vec === 0 ? null : 'rows are not made of whole vec4s'),
    lower(profile, problem) {
      const [tableRows, columns] = table(problem) as [number, number];
      const width = columns / vec;
      return {
        variant: this.name,
        calls: [
          {
            template,
            defines: { TYPE: problem.outputs[0]!.dtype, VEC: vec },
            buffers: [input(0), input(1), output()],
            params: { rows: sizeOf(problem.inputs[1]!.shape), table_rows: tableRows, width },
            workgroups: flatGrid(sizeOf(problem.outputs[0]!.shape) / vec, 64, profile.maxWorkgroupsPerDimension),
          },
        ],
      };
    },
  });
  return { name, variants: [variant(4), variant(1)] };
}

/** table [V, D], index u32 [...] → [..., D]. */
export const gatherFamily: Family<Problem> = tableFamily('gather', 'layout/gather', ({ inputs }) => inputs[0]!.shape);

/** gradient [..., D], index u32 [...] → gradient of the table [V, D]. */
export const gatherGradientFamily: Family<Problem> = tableFamily(
  'gather-gradient',
  'layout/gather-gradient',
  ({ outputs }) => outputs[0]!.shape,
);
