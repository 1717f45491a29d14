import { describe, expect, it } from 'vitest';
import { isAtLeast, maximum, minimum, substitute } from '../../dist/onnx/shapes/bounds.js';
import { ceilDivide, divideExactly, floorDivide, modulo } from '../../dist/onnx/shapes/division.js';
import {
  add,
  anonymousSymbol,
  Expression,
  multiply,
  product,
  type Size,
  sameSize,
  subtract,
  symbol,
} from '../../dist/onnx/shapes/expression.js';
import { parseSize } from '../../dist/onnx/shapes/parse-expression.js';

const batch = symbol('batch');
const seq = symbol('seq');

const text = (size: Size | undefined) => `${size}`;

describe('polynomials', () => {
  it('are numbers where nothing is named', () => {
    expect(add(2, 3)).toBe(5);
    expect(subtract(add(batch, 3), batch)).toBe(3);
    expect(multiply(batch, 0)).toBe(0);
  });

  it('have one text, however they came about', () => {
    expect(text(multiply(batch, 2))).toBe('batch * 2');
    expect(text(add(batch, batch))).toBe('batch * 2');
    expect(text(add(1, seq))).toBe('seq + 1');
    expect(text(product([seq, 12, batch, 64]))).toBe('batch * seq * 768');
    expect(text(subtract(5, seq))).toBe('5 - seq');
    expect(text(multiply(seq, -1))).toBe('-seq');
    expect(sameSize(multiply(add(batch, 1), seq), add(multiply(seq, batch), seq))).toBe(true);
    expect(sameSize(batch, seq)).toBe(false);
  });

  it('are divided where that leaves nothing', () => {
    expect(text(divideExactly(product([batch, seq, 768]), multiply(batch, 64)))).toBe('seq * 12');
    expect(text(divideExactly(multiply(add(batch, seq), add(seq, 1)), add(seq, 1)))).toBe(
      'batch + seq',
    );
    expect(divideExactly(batch, batch)).toBe(1);
    expect(divideExactly(batch, seq)).toBeUndefined();
    expect(divideExactly(multiply(seq, 3), 2)).toBeUndefined();
  });
});

describe('divisions', () => {
  it('leave out whole multiples', () => {
    expect(text(floorDivide(seq, 2))).toBe('seq floordiv 2');
    expect(text(floorDivide(add(multiply(seq, 2), 3), 2))).toBe('seq + 1');
    // A convolution of kernel 3, stride 2, padding 1: (seq + 2 - 3) / 2 + 1.
    expect(text(add(floorDivide(subtract(seq, 1), 2), 1))).toBe('(seq + 1) floordiv 2');
    expect(text(ceilDivide(seq, 2))).toBe('(seq + 1) floordiv 2');
  });

  it('of divisions are one', () => {
    const once = ceilDivide(seq, 2);
    expect(text(ceilDivide(once, 2))).toBe('(seq + 3) floordiv 4');
  });

  it('are reduced', () => {
    expect(text(floorDivide(multiply(seq, 30), 4))).toBe('(seq * 15) floordiv 2');
  });

  it('have a rest', () => {
    expect(modulo(multiply(seq, 4), 2)).toBe(0);
    expect(text(modulo(seq, 2))).toBe('seq mod 2');
    expect(modulo(-3, 2)).toBe(1);
  });
});

describe('bounds', () => {
  it('hold for every size from 1 on', () => {
    expect(isAtLeast(seq, 1)).toBe(true);
    expect(isAtLeast(seq, 2)).toBe(false);
    expect(isAtLeast(seq, floorDivide(seq, 2))).toBe(true);
    expect(isAtLeast(anonymousSymbol(0), 1)).toBe(false);
    expect(isAtLeast(anonymousSymbol(0, 1), 1)).toBe(true);
  });

  it('decide minima and maxima', () => {
    expect(minimum(seq, add(seq, 1))).toBe(seq);
    expect(maximum(seq, 1)).toBe(seq);
    expect(text(minimum(seq, 512))).toBe('min(512, seq)');
    expect(text(minimum(512, seq))).toBe('min(512, seq)');
    expect(isAtLeast(512, minimum(512, seq))).toBe(true);
    expect(isAtLeast(seq, minimum(512, seq))).toBe(true);
  });
});

describe('sizes without a name', () => {
  it('are equal to themselves only', () => {
    expect(sameSize(anonymousSymbol(1), anonymousSymbol(1))).toBe(true);
    expect(sameSize(anonymousSymbol(1), anonymousSymbol(2))).toBe(false);
  });

  it('make what is computed from them nameless too', () => {
    const sum = add(seq, anonymousSymbol(1));
    expect(sum).toBeInstanceOf(Expression);
    expect((sum as Expression).anonymous).toBe(true);
    expect((floorDivide(sum, 2) as Expression).anonymous).toBe(true);
    expect(subtract(sum, anonymousSymbol(1))).toEqual(seq);
  });
});

describe('parseSize', () => {
  it.each([
    ['batch', 'batch'],
    ['2*s0', 's0 * 2'],
    ['past_sequence_length + 1', 'past_sequence_length + 1'],
    ['1 + past', 'past + 1'],
    ['(height + 1) floordiv 2', '(height + 1) floordiv 2'],
    ['(height + 1)//2', '(height + 1) floordiv 2'],
    ['min(512, seq) * 2', 'min(512, seq) * 2'],
    ['Max(1, s0 mod 3)', 'max(1, s0 mod 3)'],
    ['((h + 31) floordiv 32) * 32', '((h + 31) floordiv 32) * 32'],
    ['p2o.DynamicDimension.0', 'p2o.DynamicDimension.0'],
  ])('reads %s', (name, expected) => {
    expect(text(parseSize(name))).toBe(expected);
  });

  it.each(['batch size', 'seq-len', 'a +', '(a', 'f(a)', 'a b c', '?', 'é'])(
    'takes %s as one name',
    (name) => {
      const size = parseSize(name);
      expect(text(size)).toBe(name);
      expect(substitute(size, new Map([[name, 3]]))).toBe(3);
    },
  );

  it('reads what it writes', () => {
    const sizes = [
      add(multiply(ceilDivide(seq, 3), batch), 2),
      subtract(minimum(add(seq, batch), 7), modulo(seq, 5)),
      floorDivide(product([batch, seq]), add(seq, 2)),
    ];
    for (const size of sizes) expect(text(parseSize(text(size)))).toBe(text(size));
  });
});

describe('substitute', () => {
  it('gives a number where every name has a size', () => {
    const size = add(multiply(floorDivide(add(seq, 1), 2), batch), minimum(seq, 4));
    expect(
      substitute(
        size,
        new Map([
          ['seq', 7],
          ['batch', 3],
        ]),
      ),
    ).toBe(16);
    expect(text(substitute(size, new Map([['seq', 7]])))).toBe('batch * 4 + 4');
  });
});
