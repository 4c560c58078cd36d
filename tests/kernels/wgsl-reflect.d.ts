/** The part of wgsl_reflect that only the tests use; merged with `engine/wgsl-reflect.d.ts`. */
declare module 'wgsl_reflect/wgsl_reflect.module.js' {
  export function detectRaces(
    code: string,
    entryPoint: string,
    dispatch: number[],
    bindGroups: Record<number, Record<number, unknown>>,
  ): { races: { message: string }[]; errors: string[] };
}
