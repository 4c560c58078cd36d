/** The foley world: procedural clips of things that strike things, with their sound and the exact times of contact. */

export {
  type ClipOptions,
  makeClip,
  makeSound,
  WORLD_VERSION,
  worldSeed,
} from './clip.js';
export { FoleyError } from './errors.js';
export { MATERIALS } from './materials.js';
export { Random } from './random.js';
export { SOURCES } from './scene-animations.js';
export { clipsInOrder } from './worker-pool.js';
