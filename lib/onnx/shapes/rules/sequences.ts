import { TensorProto_DataType as ElementType } from 'onnx-buf';
import { withAxis, without } from '../dims.js';
import type { Size } from '../expression.js';
import { type Fact, fact, mergeFacts, unknown } from '../fact.js';
import type { NodeView, Rule, Rules } from '../node-view.js';
import { factFromType } from '../stated.js';

/*
 * Of a sequence is known what all its elements have in common, not how many they are; of an
 * optional, what it is when it is there.
 */

function sequenceOf(element: Fact): Fact {
  // The values of one element are not those of another.
  const content = element.holds ? element : fact(element.type, element.dims);
  return { ...unknown, holds: { kind: 'sequence', element: content } };
}

function elementOf(sequence: Fact | undefined): Fact | undefined {
  return sequence?.holds?.kind === 'sequence' ? sequence.holds.element : undefined;
}

function common(n: NodeView, elements: readonly Fact[]): Fact {
  return elements.length === 0
    ? unknown
    : elements.reduce((a, b) => mergeFacts(a, b, () => n.fresh()));
}

const construct: Rule = (n) => [
  sequenceOf(
    common(
      n,
      n.inputs.map((input) => input ?? unknown),
    ),
  ),
];

/** An empty sequence takes the first element's dims; one that may have elements, what they share. */
const insert: Rule = (n) => {
  const element = elementOf(n.input(0));
  if (!element) return [];
  const isFirst = element.dims === undefined && element.type === n.type(1);
  return [sequenceOf(isFirst ? fact(element.type) : common(n, [element, n.input(1)]))];
};

/** Splits along an axis, which goes away where every piece has size 1 and nothing else was asked. */
const split: Rule = (n) => {
  const { type, dims } = n.input(0);
  const axis = dims && n.axis(n.int('axis', 0), dims.length);
  if (axis === undefined) return [sequenceOf(fact(type))];
  const sizes = dims as readonly Size[];
  if (!n.has(1)) {
    const keep = n.int('keepdims', 1) !== 0;
    return [
      sequenceOf(fact(type, keep ? withAxis(sizes, axis, 1) : without(sizes, new Set([axis])))),
    ];
  }
  const pieces = n.numbers(1);
  const asked =
    n.rank(1) === 0 ? wholePieces(sizes[axis] as Size, pieces?.[0]) : equalPieces(pieces);
  return [sequenceOf(fact(type, withAxis(sizes, axis, asked ?? n.fresh())))];
};

function wholePieces(size: Size, piece: number | undefined): Size | undefined {
  const whole = typeof size === 'number' && piece !== undefined && size % piece === 0;
  return whole ? piece : undefined;
}

function equalPieces(pieces: readonly number[] | undefined): Size | undefined {
  return pieces?.every((piece) => piece === pieces[0]) ? pieces[0] : undefined;
}

const concatenate: Rule = (n) => {
  const { type, dims } = elementOf(n.input(0)) ?? unknown;
  if (!dims) return [fact(type)];
  const rank = dims.length + n.int('new_axis', 0);
  const axis = n.axis(n.int('axis', 0), rank);
  if (axis === undefined) return [fact(type)];
  const joined =
    n.int('new_axis', 0) === 1
      ? [...dims.slice(0, axis), n.fresh(), ...dims.slice(axis)]
      : withAxis(dims, axis, n.fresh());
  return [fact(type, joined)];
};

/** The body sees one element of each sequence, and the other inputs whole. */
const map: Rule = (n) => {
  const body = n.graph('body');
  if (!body) return [];
  const inputs = n.inputs.map((input) => elementOf(input) ?? input ?? unknown);
  return n.inferGraph(body, inputs).map(sequenceOf);
};

const optional: Rule = (n) => {
  const type = n.node.attribute.find(({ name }) => name === 'type')?.tp;
  const element = n.has(0) ? n.input(0) : factFromType(type, () => n.fresh());
  return [{ ...unknown, holds: { kind: 'optional', element } }];
};

/** Since opset 18 also what is no optional goes through. */
const getElement: Rule = (n) => {
  const input = n.input(0);
  return [input.holds?.kind === 'optional' ? input.holds.element : input];
};

export const sequences: Rules = {
  ConcatFromSequence: concatenate,
  Optional: optional,
  OptionalGetElement: getElement,
  OptionalHasElement: () => [fact(ElementType.BOOL, [])],
  SequenceAt: (n) => [elementOf(n.input(0))],
  SequenceConstruct: construct,
  SequenceEmpty: (n) => [sequenceOf(fact(n.int('dtype', ElementType.FLOAT)))],
  SequenceErase: (n) => [n.input(0)],
  SequenceInsert: insert,
  SequenceLength: () => [fact(ElementType.INT64, [])],
  SequenceMap: map,
  SplitToSequence: split,
};
