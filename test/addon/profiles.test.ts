import { describe, expect, it } from 'vitest';
import { toNativeProfiles } from '../../dist/engine/build/profiles.js';
import type { ValueInfo } from '../../dist/onnx/model.js';

const ids: ValueInfo = { name: 'ids', type: 'int64', dims: ['batch', 'sequence'] };
const fixed: ValueInfo = { name: 'fixed', type: 'float32', dims: [1, 8] };
const image: ValueInfo = { name: 'image', type: 'float32', dims: ['batch', 3, undefined] };
const size: ValueInfo = { name: 'size', type: 'int64', dims: [2] };
const range = { min: [1, 1], opt: [8, 64], max: [32, 512] };

describe('optimisation profiles', () => {
  it('go to the addon in the order of the inputs', () => {
    expect(toNativeProfiles([ids, fixed], [{ ids: range }])).toEqual([
      { shapes: [{ input: 'ids', ...range }], values: [] },
    ]);
  });

  it('bound the values of inputs that shapes depend on', () => {
    const values = { min: [-1, 1], opt: [-1, 8], max: [-1, 64] };
    expect(toNativeProfiles([ids, size], [{ ids: range, size: { values } }])).toEqual([
      { shapes: [{ input: 'ids', ...range }], values: [{ input: 'size', ...values }] },
    ]);
    const scalar: ValueInfo = { name: 'k', type: 'int32', dims: [] };
    const count = { min: [1], opt: [2], max: [3] };
    expect(toNativeProfiles([scalar], [{ k: { values: count } }])).toEqual([
      { shapes: [], values: [{ input: 'k', ...count }] },
    ]);
  });

  it('are not needed when every shape is fixed', () => {
    expect(toNativeProfiles([fixed], [])).toEqual([]);
  });

  it.each([
    ['no profile for dynamic inputs', [ids], [], /'ids' \[batch, sequence\] but received none/],
    ['a missing input', [ids], [{}], /\[batch, sequence\] for profiles\[0\]\.ids.*undefined/],
    ['an unknown input', [ids], [{ ids: range, idz: range }], /Expected one of ids.*'idz'/],
    ['another rank', [ids], [{ ids: { ...range, opt: [8] } }], /2 whole numbers.*ids\.opt.*\[8\]/],
    ['min over opt', [ids], [{ ids: { ...range, min: [1, 65] } }], /axis 1.*\[65, 64, 512\]/],
    [
      'a fixed dimension that moves',
      [image],
      [{ image: { min: [1, 1, 8], opt: [1, 3, 8], max: [1, 3, 8] } }],
      /the model's fixed 3 for profiles\[0\]\.image, axis 1/,
    ],
    [
      'values of an input that is no integer',
      [fixed],
      [{ fixed: { values: range } }],
      /shapes for profiles\[0\]\.fixed: values bound .* not float32/,
    ],
    [
      'values of an input whose shape is dynamic',
      [ids],
      [{ ids: { values: range } }],
      /of a fixed shape, not \[batch, sequence\]/,
    ],
    [
      'too few values',
      [size],
      [{ size: { values: { min: [1], opt: [1], max: [1] } } }],
      /2 whole numbers for profiles\[0\]\.size\.values\.min.*\[1\]/,
    ],
    [
      'values out of order',
      [size],
      [{ size: { values: { min: [1, 1], opt: [0, 1], max: [2, 2] } } }],
      /size\.values, axis 0.*\[1, 0, 2\]/,
    ],
    [
      'values beside shapes',
      [size],
      [{ size: { values: { min: [1, 1], opt: [1, 1], max: [1, 1] }, min: [2] } }],
      /Expected one of values.*'min'/,
    ],
    ['no array', [ids], { ids: range }, /Expected an array for profiles/],
  ])('refuse %s', (_, inputs, profiles, message) => {
    const convert = () => toNativeProfiles(inputs, profiles as never);
    expect(convert).toThrow(TypeError);
    expect(convert).toThrow(message);
  });
});
