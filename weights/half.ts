/**
 * Codecs between f32 and the two 16-bit floats, on bits, so that NaN payloads survive.
 *
 * f16 is IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 mantissa bits. bf16 is the upper half of an f32. Encoding
 * rounds to nearest, ties to even (IEEE 754-2019 §4.3.1); values beyond the range become infinities; NaN stays NaN.
 */

const F32_INFINITY = 0x7f800000;

/** Bits of the f32 that equals the f16 with the bits `half` (0…0xffff). Exact. */
export function f16BitsToF32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return (sign | F32_INFINITY | (mantissa << 13)) >>> 0;
  if (exponent !== 0) return (sign | ((exponent + 112) << 23) | (mantissa << 13)) >>> 0;
  if (mantissa === 0) return sign >>> 0;
  // Subnormal: mantissa × 2⁻²⁴. Its leading one becomes f32's implied one.
  const lead = 31 - Math.clz32(mantissa);
  return (sign | ((lead + 103) << 23) | ((mantissa << (23 - lead)) & 0x7fffff)) >>> 0;
}

/** Bits of the f16 nearest to the f32 with the bits `bits` (ties to even). */
export function f32BitsToF16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > F32_INFINITY) return sign | 0x7c00 | nanPayload(magnitude >>> 13, 0x3ff);
  // 0x477ff000 is 65520, half way between the largest f16 and the next power of two: the tie goes to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return sign | ((rounded - 0x38000000) >>> 13);
  }
  // Below 2⁻¹⁴ the result is subnormal; 0x33000000 is 2⁻²⁵, whose tie goes to zero.
  if (magnitude <= 0x33000000) return sign;
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - (magnitude >>> 23);
  const kept = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}

/** Bits of the f32 that equals the bf16 with the bits `half` (0…0xffff). Exact. */
export function bf16BitsToF32Bits(half: number): number {
  return (half << 16) >>> 0;
}

/** Bits of the bf16 nearest to the f32 with the bits `bits` (ties to even). */
export function f32BitsToBf16Bits(bits: number): number {
  const magnitude = bits & 0x7fffffff;
  if (magnitude > F32_INFINITY) return ((bits >>> 16) & 0xff80) | nanPayload(magnitude >>> 16, 0x7f);
  return ((bits >>> 0) + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

// The loops have the common case in line: models have hundreds of millions of weights.

/** f16 bits → values. */
export function decodeF16(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Int32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const exponent = half & 0x7c00;
    bits[i] =
      exponent !== 0 && exponent !== 0x7c00
        ? ((half & 0x8000) << 16) | (((half & 0x7fff) + 0x1c000) << 13)
        : f16BitsToF32Bits(half);
  }
  return new Float32Array(bits.buffer);
}

/** Values → bits of the nearest f16s. */
export function encodeF16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const each = bits[i]!;
    const magnitude = each & 0x7fffffff;
    halves[i] =
      magnitude >= 0x38800000 && magnitude < 0x477ff000
        ? ((each >>> 16) & 0x8000) | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
        : f32BitsToF16Bits(each);
  }
  return halves;
}

/** bf16 bits → values. */
export function decodeBf16(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Int32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

/** Values → bits of the nearest bf16s. */
export function encodeBf16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const each = bits[i]!;
    halves[i] =
      (each & 0x7fffffff) <= F32_INFINITY ? (each + 0x7fff + ((each >>> 16) & 1)) >>> 16 : f32BitsToBf16Bits(each);
  }
  return halves;
}

/** The payload that fits; one that would vanish (and make an infinity) becomes the quiet NaN's. */
function nanPayload(payload: number, mask: number): number {
  const kept = payload & mask;
  return kept === 0 ? (mask + 1) >>> 1 : kept;
}
