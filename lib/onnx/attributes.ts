import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type GraphProto,
  type NodeProto,
  type TensorProto,
} from 'onnx-buf';
import { invalidArgument } from '../arguments.js';
import { TensorRTError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { toTensorProto } from './tensor/weights.js';

/** A float attribute, made by {@link float}; JavaScript itself does not tell 1.0 from 1. */
export class FloatAttribute {
  readonly value: number | readonly number[];
  constructor(value: number | readonly number[]) {
    this.value = value;
  }
}

/**
 * Marks a number, or a list of numbers, as a float attribute: `{ alpha: float(1), axis: 1 }`.
 * Every float needs the mark, also 0.5, so that no attribute changes its type with its value.
 */
export function float(value: number | readonly number[]): FloatAttribute {
  return new FloatAttribute(value);
}

/**
 * The value of one attribute. Numbers without {@link float} are ints and must be whole; bigints are
 * ints too. An empty array is a list of ints.
 */
export type AttributeValue =
  | number
  | bigint
  | FloatAttribute
  | string
  | readonly (number | bigint)[]
  | readonly string[]
  | Tensor
  | GraphProto;

/** Attributes by name. Those that are undefined are left out. */
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

/**
 * Encodes attributes, in the order of the object's keys.
 *
 * @throws TypeError for a number that is not whole and not marked with {@link float}.
 */
export function encodeAttributes(attributes: Attributes): AttributeProto[] {
  return Object.entries(attributes).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [create(AttributeProtoSchema, { name, ...encodeValue(name, value) })],
  );
}

type AttributeInit = MessageInitShape<typeof AttributeProtoSchema>;

function encodeValue(name: string, value: AttributeValue): AttributeInit {
  if (value instanceof FloatAttribute) {
    return typeof value.value === 'number'
      ? { type: AttributeType.FLOAT, f: value.value }
      : { type: AttributeType.FLOATS, floats: [...value.value] };
  }
  if (typeof value === 'number' || typeof value === 'bigint') {
    return { type: AttributeType.INT, i: toInt(name, value) };
  }
  if (typeof value === 'string') return { type: AttributeType.STRING, s: utf8(value) };
  if (isStrings(value)) return { type: AttributeType.STRINGS, strings: value.map(utf8) };
  if (isNumbers(value)) {
    return { type: AttributeType.INTS, ints: value.map((item) => toInt(name, item)) };
  }
  if (typeof value !== 'object' || value === null) {
    throw invalidArgument(`attribute ${name}`, 'a number, text, list, tensor or graph', value);
  }
  if ('$typeName' in value) return { type: AttributeType.GRAPH, g: value };
  return { type: AttributeType.TENSOR, t: toTensorProto('', value) };
}

function toInt(name: string, value: number | bigint): bigint {
  if (typeof value === 'bigint') return value;
  if (Number.isSafeInteger(value)) return BigInt(value);
  throw invalidArgument(`attribute ${name}`, `a whole number, or float(${value}),`, value);
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && typeof value[0] === 'string';
}

function isNumbers(value: unknown): value is readonly (number | bigint)[] {
  return Array.isArray(value);
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
}

/**
 * Adds attributes to a node, or replaces those that are there; undefined removes one.
 *
 * @throws TypeError as {@link encodeAttributes}
 */
export function setAttributes(node: NodeProto, attributes: Attributes): void {
  const added = encodeAttributes(attributes);
  const names = new Set(Object.keys(attributes));
  node.attribute = [...node.attribute.filter(({ name }) => !names.has(name)), ...added];
}

/** The attribute of a node as it is stored. */
export function getAttribute(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find((attribute) => attribute.name === name);
}

/*
 * Typed getters: the value, or undefined where the node has no such attribute. Each throws
 * TensorRTError `ERR_ONNX_INVALID` where the attribute has another type.
 */

/** An int attribute as a number; values past 2^53, such as "to the end" of a slice, are rounded. */
export function getInt(node: NodeProto, name: string): number | undefined {
  const value = typed(node, name, AttributeType.INT)?.i;
  return value === undefined ? undefined : Number(value);
}

export function getFloat(node: NodeProto, name: string): number | undefined {
  return typed(node, name, AttributeType.FLOAT)?.f;
}

export function getString(node: NodeProto, name: string): string | undefined {
  const value = typed(node, name, AttributeType.STRING)?.s;
  return value && new TextDecoder().decode(value);
}

/** An attribute with a list of ints, as numbers; values past 2^53 are rounded. */
export function getInts(node: NodeProto, name: string): number[] | undefined {
  return typed(node, name, AttributeType.INTS)?.ints.map(Number);
}

export function getFloats(node: NodeProto, name: string): number[] | undefined {
  return typed(node, name, AttributeType.FLOATS)?.floats;
}

export function getStrings(node: NodeProto, name: string): string[] | undefined {
  const decoder = new TextDecoder();
  return typed(node, name, AttributeType.STRINGS)?.strings.map((value) => decoder.decode(value));
}

export function getTensor(node: NodeProto, name: string): TensorProto | undefined {
  return typed(node, name, AttributeType.TENSOR)?.t;
}

export function getGraph(node: NodeProto, name: string): GraphProto | undefined {
  return typed(node, name, AttributeType.GRAPH)?.g;
}

function typed(node: NodeProto, name: string, type: AttributeType): AttributeProto | undefined {
  const attribute = getAttribute(node, name);
  // The first versions of ONNX did not write the type.
  if (!attribute || attribute.type === type || attribute.type === AttributeType.UNDEFINED) {
    return attribute;
  }
  throw new TensorRTError(
    'ERR_ONNX_INVALID',
    `Attribute '${name}' of node '${node.name}' (${node.opType}) has type ${AttributeType[attribute.type]} where ${AttributeType[type]} is expected.`,
    { node: { name: node.name, opType: node.opType }, remedy: 'Export the model again.' },
  );
}
