/** The package's types do not cover the only path that loads in Node. */
declare module 'wgsl_reflect/wgsl_reflect.module.js' {
  export class WgslReflect {
    constructor(code: string);
    structs: { name: string; size: number; members: { name: string; offset: number; type: { name: string } }[] }[];
  }
}
