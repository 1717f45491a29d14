import { describe, expect, test } from 'vitest';
import { PaddingMask } from '../../dist/quantize/calibration/padding.js';
import { tensor } from '../../dist/tensor.js';

/** Two sequences of four positions, of which three and two are no padding. */
const mask = new PaddingMask(tensor('int64', [2, 4], [1, 1, 1, 0, 1, 1, 0, 0]));
const kept = [
  [1, 1, 1, 0],
  [1, 1, 0, 0],
];
const [first = [], second = []] = kept;
const repeat = (values: readonly number[], times: number) =>
  Array.from({ length: times }, () => values).flat();
const each = (values: readonly number[], times: number) =>
  values.flatMap((value) => new Array(times).fill(value));

/** Which rows of a tensor are kept, by hand: the shapes of attention in a batch of two. */
test.each<[string, number[], (boolean | undefined)[] | undefined, number[]]>([
  ['[batch, sequence, features]', [2, 4, 5], undefined, [...first, ...second]],
  ['[batch * sequence, features]', [8, 5], undefined, [...first, ...second]],
  [
    'queries [batch, heads, sequence, head]',
    [2, 3, 4, 5],
    undefined,
    [...repeat(first, 3), ...repeat(second, 3)],
  ],
  [
    'keys [batch, heads, head, sequence]',
    [2, 3, 5, 4],
    undefined,
    [...repeat(first, 15), ...repeat(second, 15)],
  ],
  [
    'as many heads as positions, where the model tells them apart',
    [2, 4, 4, 5],
    [undefined, false, undefined, false],
    [...repeat(first, 4), ...repeat(second, 4)],
  ],
  [
    'heads in the batch: [batch * heads, sequence, head]',
    [6, 4, 5],
    undefined,
    [...repeat(first, 3), ...repeat(second, 3)],
  ],
  [
    'scores [batch, heads, queries, keys]: both axes are positions for sure',
    [2, 1, 4, 4],
    [undefined, false, true, true],
    kept.flatMap((keep) => each(keep, 4).map((value, i) => value * (keep[i % 4] as number))),
  ],
])('%s', (_, dims, positions, expected) => {
  expect([...(mask.rowsOf(dims, positions) as Uint8Array)]).toEqual(expected);
});

test('as many sequences as positions, where the model tells them apart', () => {
  const square = new PaddingMask(tensor('int64', [2, 2], [1, 1, 1, 0]));
  expect([...(square.rowsOf([2, 2, 5], [undefined, true, false]) as Uint8Array)]).toEqual([
    1, 1, 1, 0,
  ]);
  expect(square.rowsOf([2, 2, 5], undefined)).toBe('ambiguous');
});

describe('all is counted', () => {
  test.each<[string, number[], (boolean | undefined)[] | undefined]>([
    ['of a tensor without positions', [2, 5], undefined],
    ['of one whose axis of that size is a constant', [2, 3, 4], [undefined, undefined, false]],
    ['of one like the mask', [2, 4], undefined],
  ])('%s', (_, dims, positions) => {
    expect(mask.rowsOf(dims, positions)).toBeUndefined();
  });

  test('when nothing is padded', () => {
    const full = new PaddingMask(tensor('bool', [2, 4], new Uint8Array(8).fill(1)));
    expect(full.rowsOf([2, 4, 5], undefined)).toBeUndefined();
  });

  test.each<[string, number[]]>([
    ['two axes may be positions', [2, 4, 4, 5]],
    ['the batch does not divide the first axis', [3, 4, 5]],
    ['the sequence comes first', [4, 2, 5]],
  ])('and that is said: %s', (_, dims) => {
    expect(mask.rowsOf(dims, undefined)).toBe('ambiguous');
  });
});
