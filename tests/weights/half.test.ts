import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  bf16BitsToF32Bits,
  decodeBf16,
  decodeF16,
  encodeBf16,
  encodeF16,
  f16BitsToF32Bits,
  f32BitsToBf16Bits,
  f32BitsToF16Bits,
} from '../../weights/index.js';
import { suite } from '../harness/suite.js';

const test = suite('weights/half');

interface Format {
  exponentBits: number;
  mantissaBits: number;
  decode(halves: Uint16Array): Float32Array;
  encode(values: Float32Array): Uint16Array;
}

const formats: Record<string, Format> = {
  f16: { exponentBits: 5, mantissaBits: 10, decode: decodeF16, encode: encodeF16 },
  bf16: { exponentBits: 8, mantissaBits: 7, decode: decodeBf16, encode: encodeBf16 },
};

/** The value by the definition of the format, in f64; the exponent of all ones counts as one more power of two. */
function valueByDefinition(bits: number, { exponentBits, mantissaBits }: Format): number {
  const exponent = (bits >>> mantissaBits) & (2 ** exponentBits - 1);
  const fraction = (bits & (2 ** mantissaBits - 1)) / 2 ** mantissaBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  const magnitude = exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
  return bits & 0x8000 ? -magnitude : magnitude;
}

/** Nearest by comparing distances to both neighbours, found by bisection over all magnitudes. */
function nearestByDefinition(value: number, format: Format): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  const infinity = (2 ** format.exponentBits - 1) << format.mantissaBits;
  let [low, high] = [0, infinity];
  if (magnitude >= valueByDefinition(infinity, format)) return sign | infinity;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (valueByDefinition(middle, format) <= magnitude) low = middle;
    else high = middle;
  }
  const below = magnitude - valueByDefinition(low, format);
  const above = valueByDefinition(high, format) - magnitude;
  return sign | (below < above || (below === above && low % 2 === 0) ? low : high);
}

const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

for (const [name, format] of Object.entries(formats)) {
  const infinity = (2 ** format.exponentBits - 1) << format.mantissaBits;

  test(`${name}: all 65,536 values survive a round trip, NaN payloads too`, () => {
    assert.deepEqual(format.encode(format.decode(all)), all);
  });

  test(`${name}: all 65,536 values decode as the format defines them`, () => {
    format.decode(all).forEach((value, bits) => {
      const magnitude = bits & 0x7fff;
      const expected =
        magnitude > infinity
          ? Number.NaN
          : magnitude === infinity
            ? (bits & 0x8000 ? -1 : 1) * Number.POSITIVE_INFINITY
            : valueByDefinition(bits, format);
      assert.ok(Object.is(value, expected), `${bits.toString(16)}: ${value}, not ${expected}`);
    });
  });

  test(`${name}: the middle between every two neighbours goes to the even one, its neighbours to the nearer`, () => {
    const step = new Float32Array(1);
    const bits = new Uint32Array(step.buffer);
    for (let low = 0; low < infinity; low++) {
      const middle = Math.fround((valueByDefinition(low, format) + valueByDefinition(low + 1, format)) / 2);
      step[0] = middle;
      const at = bits[0]!;
      for (const around of [at - 1, at, at + 1]) {
        bits[0] = around;
        const expected = around < at ? low : around > at ? low + 1 : low % 2 === 0 ? low : low + 1;
        assert.equal(format.encode(step)[0], expected, `${step[0]}`);
      }
    }
  });

  test(`${name}: any f32 is rounded to the nearest, ties to even`, () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (bits) => {
        const value = new Float32Array(Uint32Array.of(bits).buffer);
        const half = format.encode(value)[0]!;
        if (Number.isNaN(value[0]!)) return (half & 0x7fff) > infinity && (half & 0x8000) === ((bits >>> 16) & 0x8000);
        return half === nearestByDefinition(value[0]!, format);
      }),
      { numRuns: 5000 },
    );
    fc.assert(
      fc.property(fc.float({ min: -70000, max: 70000, noNaN: true }), (value) => {
        return format.encode(Float32Array.of(value))[0] === nearestByDefinition(value, format);
      }),
      { numRuns: 5000 },
    );
  });

  test(`${name}: encoding never reverses an order`, () => {
    const finite = fc.float({ noNaN: true });
    fc.assert(
      fc.property(finite, finite, (a, b) => {
        const [x, y] = format.decode(format.encode(Float32Array.of(Math.min(a, b), Math.max(a, b))));
        return x! <= y!;
      }),
    );
  });
}

test('the scalar forms agree with the arrays, and known values hold', () => {
  assert.equal(f32BitsToF16Bits(0x3f800000), 0x3c00);
  assert.equal(f16BitsToF32Bits(0x0001), 0x33800000);
  assert.equal(f32BitsToF16Bits(0x477fefff), 0x7bff);
  assert.equal(f32BitsToF16Bits(0x477ff000), 0x7c00);
  assert.equal(f32BitsToF16Bits(0x7f800001), 0x7e00);
  assert.equal(f32BitsToBf16Bits(0x7f7fffff), 0x7f80);
  assert.equal(f32BitsToBf16Bits(0x7f800001), 0x7fc0);
  assert.equal(bf16BitsToF32Bits(0xbf80), 0xbf800000);
});

test('arrays that begin in the middle of their memory are coded from there', () => {
  const values = Float32Array.of(9, 1, -2, 0.5);
  assert.deepEqual([...decodeF16(encodeF16(values.subarray(1, 3)))], [1, -2]);
  assert.deepEqual([...decodeBf16(encodeBf16(values).subarray(2))], [-2, 0.5]);
});

test.run();
