/** Philox4x32-10 on the CPU (Salmon et al. 2011): the reference of the kernel, and its numbers without a device. */

export type Words4 = readonly [number, number, number, number];

/** Four random 32-bit words, a function of counter and key alone. */
export function philox4x32(counter: Words4, key: readonly [number, number]): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const a = BigInt(c0) * 0xd2511f53n;
    const b = BigInt(c2) * 0xcd9e8d57n;
    [c0, c1, c2, c3] = [
      (Number(b >> 32n) ^ c1 ^ k0) >>> 0,
      Number(b & 0xffffffffn),
      (Number(a >> 32n) ^ c3 ^ k1) >>> 0,
      Number(a & 0xffffffffn),
    ];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

export type RandomKind = 'bits' | 'uniform' | 'normal';

const unit = (word: number): number => (word >>> 8) / 2 ** 24;

function boxMuller(a: number, b: number): [number, number] {
  const radius = Math.sqrt(-2 * Math.log(1 - unit(a)));
  const angle = 2 * Math.PI * (unit(b) - 0.5);
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** Where a sequence starts: see `random/random.wgsl`. */
export interface RandomOrigin {
  seed: readonly [number, number];
  step: number;
  stream: number;
  first?: number;
  domain?: number;
}

/** The `count` numbers that the kernel makes, in f64. */
export function randomNumbers(kind: RandomKind, count: number, origin: RandomOrigin): Float64Array {
  const { seed, step, stream, first = 0, domain = 0 } = origin;
  const result = new Float64Array(Math.ceil(count / 4) * 4);
  for (let block = 0; block * 4 < count; block++) {
    const words = philox4x32([(first + block) >>> 0, step, stream, domain], seed);
    const values =
      kind === 'bits'
        ? words
        : kind === 'uniform'
          ? words.map(unit)
          : [...boxMuller(words[0], words[1]), ...boxMuller(words[2], words[3])];
    result.set(values, block * 4);
  }
  return result.subarray(0, count);
}
