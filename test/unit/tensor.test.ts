import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  dataTypes,
  elementBytes,
  elementCount,
  tensor,
  typedArrayOf,
} from '../../dist/tensor.js';

describe('tensor', () => {
  it('takes a typed array as it is', () => {
    const data = new Float32Array([1, 2, 3, 4, 5, 6]);
    const result = tensor('float32', [2, 3], data);
    expect(result).toEqual({ type: 'float32', dims: [2, 3], data });
    expect(result.data).toBe(data);
  });

  it('makes the typed array from numbers', () => {
    expect(tensor('int64', [2], [1, 2]).data).toEqual(new BigInt64Array([1n, 2n]));
    expect(tensor('uint64', [1], [2n]).data).toEqual(new BigUint64Array([2n]));
    expect(tensor('int8', [2], [-1, 7]).data).toEqual(new Int8Array([-1, 7]));
    expect(tensor('bool', [2], [0, 1]).data).toEqual(new Uint8Array([0, 1]));
  });

  it('copies the dims, so that a later change does not reach the tensor', () => {
    const dims = [1, 2];
    const result = tensor('int32', dims, new Int32Array(2));
    dims[0] = 9;
    expect(result.dims).toEqual([1, 2]);
  });

  it('takes a scalar and an empty tensor', () => {
    expect(tensor('float32', [], [1]).data).toHaveLength(1);
    expect(tensor('float32', [0, 8], []).data).toHaveLength(0);
  });

  it.each([
    ['an unknown type', () => tensor('float7' as 'int8', [1], [1]), /one of 'float32'.*'float7'/],
    ['a negative dimension', () => tensor('int8', [-1], []), /whole numbers from 0 for dims/],
    ['too few elements', () => tensor('int8', [2, 2], [1]), /4 elements for dims \[2, 2\].*1/],
    [
      'the wrong array',
      () => tensor('int8', [1], new Uint8Array(1) as never),
      /Int8Array for data.*Uint8Array/,
    ],
    [
      'numbers for half precision',
      () => tensor('float16', [1], [1]),
      /Uint16Array of float16 bits/,
    ],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });
});

describe('bytes and elements', () => {
  it('counts the elements of a shape', () => {
    expect(elementCount([2, 3, 4])).toBe(24);
    expect(elementCount([])).toBe(1);
    expect(elementCount([5, 0])).toBe(0);
  });

  it.each(dataTypes)('goes from %s to bytes and back', (type) => {
    const bytes = new Uint8Array(4 * elementBytes(type)).map((_, i) => i + 1);
    expect(bytesOf(typedArrayOf(type, bytes))).toEqual(bytes);
  });

  it('copies bytes that are not aligned', () => {
    const bytes = new Uint8Array(9).fill(1).subarray(1);
    expect(typedArrayOf('float32', bytes)).toHaveLength(2);
  });

  it('refuses a part of an element', () => {
    expect(() => typedArrayOf('int32', new Uint8Array(6))).toThrow(RangeError);
  });
});
