import { Float16Array } from '@petamoriken/float16';
import { describe, expect, it } from 'vitest';
import { toHalfBits } from '../../dist/onnx/tensor/half-numbers.js';
import { bytesOf } from '../../dist/tensor.js';
import { randomNumbers } from './quantize-fixtures.js';

/** Every float32 word that `count` draws hit, over all exponents. */
function randomWords(count: number): Float32Array {
  const random = randomNumbers(7);
  const words = Uint32Array.from({ length: count }, () => Math.floor(random() * 2 ** 32));
  return new Float32Array(words.buffer);
}

describe('toHalfBits to FP16', () => {
  it('gives back every number that FP16 has', () => {
    const all = Uint16Array.from({ length: 0x7c00 }, (_, i) => i);
    const values = Float32Array.from(new Float16Array(all.buffer));
    expect(toHalfBits('fp16', values).bits).toEqual(all);
    const negative = toHalfBits(
      'fp16',
      values.map((value) => -value),
    ).bits;
    expect(negative).toEqual(all.map((word) => word | 0x8000));
  });

  it('rounds as @petamoriken/float16 does, wherever the result is finite', () => {
    const values = randomWords(1 << 20).filter((value) => Math.abs(value) <= 65504);
    expect(values.length).toBeGreaterThan(500_000);
    const { bits } = toHalfBits('fp16', values);
    expect(Buffer.compare(bytesOf(bits), bytesOf(new Float16Array(values)))).toBe(0);
  });

  it('rounds ties to even', () => {
    const values = [1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 ** -25, 3 * 2 ** -25, 1 - 2 ** -12];
    const { bits } = toHalfBits('fp16', Float32Array.from(values));
    expect([...bits]).toEqual([0x3c00, 0x3c02, 0x0000, 0x0002, 0x3c00]);
  });

  it('holds finite numbers in range and counts what it changes', () => {
    const values = [65504, 65505, 1e9, -3.4e38, 1e-9, -1e-7, 0, Infinity, -Infinity, Number.NaN];
    const { bits, counts } = toHalfBits('fp16', Float32Array.from(values));
    const halves = [0x7bff, 0x7bff, 0x7bff, 0xfbff, 0, 0x8002, 0, 0x7c00, 0xfc00, 0x7e00];
    expect([...bits]).toEqual(halves);
    expect(counts).toEqual({
      saturated: 3,
      flushed: 1,
      subnormal: 1,
      infinite: 2,
      nan: 1,
      absmax: Math.fround(3.4e38),
    });
  });

  it('holds numbers within a limit', () => {
    const { bits, counts } = toHalfBits('fp16', Float32Array.of(1, -5, 4), 4);
    expect([...bits]).toEqual([0x3c00, 0xc400, 0x4400]);
    expect(counts.saturated).toBe(1);
  });
});

describe('toHalfBits to BF16', () => {
  it('keeps the upper half, rounded to the nearest, ties to even', () => {
    const words = [0x3f800000, 0x3f808000, 0x3f818000, 0x3f808001, 0xbf80ffff, 0x00000001];
    const values = new Float32Array(Uint32Array.from(words).buffer);
    const { bits, counts } = toHalfBits('bf16', values);
    expect([...bits]).toEqual([0x3f80, 0x3f80, 0x3f82, 0x3f81, 0xbf81, 0x0000]);
    expect(counts.flushed).toBe(1);
  });

  it('holds the largest float32 in range, which would round to infinity', () => {
    const { bits, counts } = toHalfBits('bf16', Float32Array.of(-3.4028235e38, -Infinity));
    expect([...bits]).toEqual([0xff7f, 0xff80]);
    expect(counts).toMatchObject({ saturated: 1, infinite: 1 });
  });
});
