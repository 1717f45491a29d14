import type { DescField, DescMessage, Message } from '@bufbuild/protobuf';
import { type TensorProto, TensorProtoSchema } from 'onnx-buf';

/**
 * Copies a message and every message in it. Byte arrays, which hold the weights, are shared: they
 * are treated as immutable, so that a copy of a large model costs little.
 */
export function copyMessage<T extends Message>(message: T): T {
  return copyValue(message) as T;
}

function copyValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value))
    return typeof value[0] === 'object' ? value.map(copyValue) : value.slice();
  // A message keeps the default values of absent fields on its prototype.
  const copy = Object.create(Object.getPrototypeOf(value));
  for (const [key, field] of Object.entries(value)) copy[key] = copyValue(field);
  return copy;
}

/** Copies a message, but shares all it holds. */
export function shallowCopy<T extends Message>(message: T): T {
  return Object.assign(Object.create(Object.getPrototypeOf(message)), message);
}

const tensorFieldsCache = new Map<DescMessage, readonly DescField[]>();

/** The fields of a message type through which a tensor can be reached, such as `graph.node`. */
export function tensorFields(type: DescMessage): readonly DescField[] {
  let fields = tensorFieldsCache.get(type);
  if (!fields) {
    fields = type.fields.filter((field) => field.message && reachesTensors(field.message));
    tensorFieldsCache.set(type, fields);
  }
  return fields;
}

function reachesTensors(type: DescMessage, seen = new Set<DescMessage>()): boolean {
  if (type === TensorProtoSchema) return true;
  if (seen.has(type)) return false;
  seen.add(type);
  return type.fields.some((field) => field.message && reachesTensors(field.message, seen));
}

/** The messages that a message field holds: none or one, or those of the list. */
export function childMessages(message: Message, field: DescField): readonly Message[] {
  const value = (message as unknown as Record<string, Message | Message[] | undefined>)[
    field.localName
  ];
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/**
 * Visits every tensor in a message: initializers, attributes, sparse tensors, those of sub-graphs,
 * functions and training graphs.
 *
 * @param visit - receives the tensor and the message that directly holds it.
 */
export function forEachTensor(
  type: DescMessage,
  message: Message,
  visit: (tensor: TensorProto, holder: Message) => void,
): void {
  for (const field of tensorFields(type)) {
    for (const child of childMessages(message, field)) {
      if (field.message === TensorProtoSchema) visit(child as TensorProto, message);
      else forEachTensor(field.message as DescMessage, child, visit);
    }
  }
}
