import { create } from '@bufbuild/protobuf';
import { GraphProtoSchema, type NodeProto } from 'onnx-buf';
import { expect, test } from 'vitest';
import { TensorRTError } from '../../dist/errors.js';
import {
  type Attributes,
  float,
  getAttribute,
  getFloat,
  getFloats,
  getGraph,
  getInt,
  getInts,
  getString,
  getStrings,
  getTensor,
  setAttributes,
} from '../../dist/onnx/attributes.js';
import { readInlineWeights } from '../../dist/onnx/tensor/weights.js';
import { tensor } from '../../dist/tensor.js';
import { linearModel } from './helpers.js';

function nodeWith(attributes: Attributes): NodeProto {
  const { graph } = linearModel();
  return graph.addNode({ opType: 'Some', name: 'some', inputs: [], outputs: [], attributes });
}

test('every kind of attribute reads back as it was written', () => {
  const graph = create(GraphProtoSchema, { name: 'body' });
  const value = tensor('int8', [2], [-1, 1]);
  const node = nodeWith({
    axis: -1,
    end: 2n ** 63n - 1n,
    alpha: float(1),
    scales: float([1, 0.5]),
    mode: 'größe',
    modes: ['a', 'b'],
    perm: [0, 2, 1],
    longs: [2n, -3n],
    value,
    body: graph,
    absent: undefined,
  });
  expect(getInt(node, 'axis')).toBe(-1);
  expect(getAttribute(node, 'end')?.i).toBe(9223372036854775807n);
  expect(getFloat(node, 'alpha')).toBe(1);
  expect(getFloats(node, 'scales')).toEqual([1, 0.5]);
  expect(getString(node, 'mode')).toBe('größe');
  expect(getStrings(node, 'modes')).toEqual(['a', 'b']);
  expect(getInts(node, 'perm')).toEqual([0, 2, 1]);
  expect(getInts(node, 'longs')).toEqual([2, -3]);
  const stored = getTensor(node, 'value');
  expect(stored && readInlineWeights(stored)).toEqual(value);
  expect(getGraph(node, 'body')).toBe(graph);
  expect(getAttribute(node, 'absent')).toBeUndefined();
  expect(getInt(node, 'missing')).toBeUndefined();
});

test('a zero is written, although it is the default of the protobuf field', () => {
  const node = nodeWith({ axis: 0, alpha: float(0), empty: '' });
  expect(getInt(node, 'axis')).toBe(0);
  expect(Object.hasOwn(getAttribute(node, 'axis') ?? {}, 'i')).toBe(true);
  expect(Object.hasOwn(getAttribute(node, 'alpha') ?? {}, 'f')).toBe(true);
  expect(getString(node, 'empty')).toBe('');
});

test('a number that is not whole has to be marked as a float', () => {
  expect(() => nodeWith({ alpha: 0.5 })).toThrow(
    new TypeError(
      'Expected a whole number, or float(0.5), for attribute alpha but received 0.5 of type number',
    ),
  );
  expect(() => nodeWith({ scales: [1, 0.5] })).toThrow(TypeError);
  expect(() => nodeWith({ alpha: null as never })).toThrow(TypeError);
});

test('an attribute of another type is an error that names the node', () => {
  const node = nodeWith({ axis: 1 });
  let error: unknown;
  try {
    getFloat(node, 'axis');
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(TensorRTError);
  expect(error).toMatchObject({ code: 'ERR_ONNX_INVALID', node: { name: 'some', opType: 'Some' } });
  expect(String(error)).toContain(
    "Attribute 'axis' of node 'some' (Some) has type INT where FLOAT",
  );
});

test('attributes without a type, as the first ONNX versions wrote them, are read', () => {
  const node = nodeWith({ axis: 3 });
  const attribute = getAttribute(node, 'axis');
  if (attribute) attribute.type = 0;
  expect(getInt(node, 'axis')).toBe(3);
});

test('attributes are added, replaced and removed', () => {
  const node = nodeWith({ axis: 1, mode: 'a', gone: 2 });
  setAttributes(node, { axis: float(0.5), gone: undefined, keepdims: 0 });
  expect(node.attribute.map(({ name }) => name)).toEqual(['mode', 'axis', 'keepdims']);
  expect(getFloat(node, 'axis')).toBe(0.5);
  expect(getInt(node, 'keepdims')).toBe(0);
  expect(() => setAttributes(node, { axis: 0.5 })).toThrow(TypeError);
  expect(getFloat(node, 'axis')).toBe(0.5);
});
