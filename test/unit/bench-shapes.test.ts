import { expect, it } from 'vitest';
import { cellShapes } from '../../dist/bench/cell-shapes.js';
import type { ValueInfo } from '../../dist/onnx/value-info.js';

const ids = (name: string, dims: ValueInfo['dims']): ValueInfo => ({ name, type: 'int64', dims });
const floats = (name: string, dims: ValueInfo['dims']): ValueInfo => ({
  name,
  type: 'float32',
  dims,
});

const bert = [
  ids('input_ids', ['batch_size', 'sequence_length']),
  ids('attention_mask', ['batch_size', 'sequence_length']),
];

it('finds batch and length of a text model, by place and by name', () => {
  expect(cellShapes(bert, { batch: 8, length: 64 })).toEqual({
    shapes: { input_ids: [8, 64], attention_mask: [8, 64] },
    batch: 8,
    length: 64,
  });
  expect(cellShapes(bert, {})).toMatchObject({ batch: 1, length: 128 });
  const withBias = [
    ...bert,
    floats('bias', ['batch_size', 1, 'sequence_length', 'sequence_length']),
  ];
  expect(cellShapes(withBias, { batch: 2, length: 5 }).shapes['bias']).toEqual([2, 1, 5, 5]);
  // An engine has no names.
  const ofEngine = [ids('input_ids', [undefined, undefined]), floats('x', [undefined, 3])];
  expect(cellShapes(ofEngine, { batch: 2, length: 5 }).shapes).toEqual({
    input_ids: [2, 5],
    x: [2, 3],
  });
});

it('lets fixed sizes be, and says where the matrix asks for others', () => {
  const image = [floats('image', ['N', 3, 224, 224])];
  expect(cellShapes(image, { batch: 4 })).toEqual({
    shapes: { image: [4, 3, 224, 224] },
    batch: 4,
    length: undefined,
  });
  const fixed = [ids('input_ids', [8, 128])];
  expect(cellShapes(fixed, {})).toEqual({
    shapes: { input_ids: [8, 128] },
    batch: undefined,
    length: undefined,
  });
  expect(cellShapes(fixed, { batch: 8, length: 128 })).toEqual({
    shapes: { input_ids: [8, 128] },
    batch: 8,
    length: 128,
  });
  expect(() => cellShapes(fixed, { batch: 4 })).toThrow(
    "Input 'input_ids' [8, 128] cannot be run with batch 4.",
  );
  expect(() => cellShapes(fixed, { length: 64 })).toThrow(/cannot be run with length 64/);
  expect(() => cellShapes([floats('x', [])], { length: 64 })).toThrow(/no axis for length 64/);
});

it('takes shapes that are given, and what follows from them', () => {
  expect(cellShapes(bert, { shapes: { input_ids: [2, 9] } })).toEqual({
    shapes: { input_ids: [2, 9], attention_mask: [2, 9] },
    batch: 2,
    length: 9,
  });
  const past = [...bert, floats('past', ['batch_size', 12, 'past_length', 64])];
  expect(() => cellShapes(past, { batch: 2 })).toThrow(
    /'past' \[batch_size, 12, past_length, 64\] has the dynamic axis 2, .* Give its shape/,
  );
  expect(cellShapes(past, { batch: 2, shapes: { past: [2, 12, 7, 64] } }).shapes).toEqual({
    input_ids: [2, 128],
    attention_mask: [2, 128],
    past: [2, 12, 7, 64],
  });
  expect(() => cellShapes(bert, { shapes: { input_ids: [2] } })).toThrow(/cannot be \[2\]/);
  expect(() => cellShapes(bert, { shapes: { ids: [2, 9] } })).toThrow(
    "The model has no input 'ids', but 'input_ids', 'attention_mask'.",
  );
  expect(() => cellShapes([floats('x', undefined)], {})).toThrow(/no known rank/);
});
