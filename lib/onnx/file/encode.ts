import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  toBinary,
} from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type ModelProto, ModelProtoSchema, type TensorProto, TensorProtoSchema } from 'onnx-buf';
import type { Payload } from '../../files.js';
import { childMessages, tensorFields } from '../messages.js';

/** What is written in place of a tensor: its message without `raw_data`, then `raw_data` apart. */
export interface SplitTensor {
  readonly header: TensorProto;
  readonly rawData?: Payload | undefined;
}

/** Decides for a tensor whether it is split; undefined leaves it to the protobuf encoder. */
export type Splitter = (tensor: TensorProto, holder: Message) => SplitTensor | undefined;

/** The protobuf encoding: no part of it may be longer (`INT_MAX` bytes). */
export const maxProtobufBytes = 2 ** 31 - 1;

/**
 * Encodes a model as a list of parts, so that no weight passes through the protobuf encoder, which
 * would copy it once per enclosing message. The parts, joined, are what `toBinary` would give.
 */
export function encodeModel(model: ModelProto, split: Splitter): Payload[] {
  return joinSmallParts(new GatherEncoder(split).encode(ModelProtoSchema, model));
}

export function totalBytes(parts: readonly Payload[]): number {
  return parts.reduce((sum, part) => sum + part.byteLength, 0);
}

class GatherEncoder {
  readonly #split: Splitter;
  readonly #splitTensors = new Map<Message, SplitTensor>();
  /** The messages that hold a split tensor at some depth. */
  readonly #holders = new Set<Message>();

  constructor(split: Splitter) {
    this.#split = split;
  }

  encode(type: DescMessage, message: Message): Payload[] {
    this.#findSplits(type, message);
    return this.#encode(type, message);
  }

  #findSplits(type: DescMessage, message: Message): boolean {
    let found = false;
    for (const field of tensorFields(type)) {
      for (const child of childMessages(message, field)) {
        const holds =
          field.message === TensorProtoSchema
            ? this.#findSplit(child as TensorProto, message)
            : this.#findSplits(field.message as DescMessage, child);
        found ||= holds;
      }
    }
    if (found) this.#holders.add(message);
    return found;
  }

  #findSplit(tensor: TensorProto, holder: Message): boolean {
    const split = this.#split(tensor, holder);
    if (split) this.#splitTensors.set(tensor, split);
    return split !== undefined;
  }

  #encode(type: DescMessage, message: Message): Payload[] {
    const split = this.#splitTensors.get(message);
    if (split) return encodeSplitTensor(split);
    return this.#holders.has(message)
      ? this.#encodeHolder(type, message)
      : [toBinary(type, message)];
  }

  /** Encodes fields in ascending order, runs of light ones together, as the encoder itself would. */
  #encodeHolder(type: DescMessage, message: Message): Payload[] {
    const parts: Payload[] = [];
    const heavyFields = tensorFields(type);
    let run = create(type);
    for (const field of inAscendingOrder(type.fields)) {
      if (!heavyFields.includes(field)) {
        copyField(message, run, field);
        continue;
      }
      for (const child of childMessages(message, field)) {
        if (!this.#holders.has(child) && !this.#splitTensors.has(child)) {
          addChild(run, field, child);
          continue;
        }
        const body = this.#encode(field.message as DescMessage, child);
        parts.push(toBinary(type, run), prefix(field.number, totalBytes(body)), ...body);
        run = create(type);
      }
    }
    run.$unknown = message.$unknown;
    parts.push(toBinary(type, run));
    return parts;
  }
}

function encodeSplitTensor({ header, rawData }: SplitTensor): Payload[] {
  if (!rawData) return [toBinary(TensorProtoSchema, header)];
  const rawDataField = TensorProtoSchema.field.rawData;
  const before = create(TensorProtoSchema);
  const after = create(TensorProtoSchema);
  for (const field of TensorProtoSchema.fields) {
    copyField(header, field.number < rawDataField.number ? before : after, field);
  }
  after.$unknown = header.$unknown;
  return [
    toBinary(TensorProtoSchema, before),
    prefix(rawDataField.number, rawData.byteLength),
    rawData,
    toBinary(TensorProtoSchema, after),
  ];
}

/** The tag and the length that precede a field of bytes or of a message. */
function prefix(fieldNumber: number, byteLength: number): Uint8Array {
  // `uint64`, because the size of a model over the protobuf limit is asked for too.
  return new BinaryWriter().tag(fieldNumber, WireType.LengthDelimited).uint64(byteLength).finish();
}

function inAscendingOrder(fields: readonly DescField[]): DescField[] {
  return [...fields].sort((a, b) => a.number - b.number);
}

function copyField(from: Message, to: Message, { localName }: DescField): void {
  if (!Object.hasOwn(from, localName)) return;
  Object.assign(to, { [localName]: (from as unknown as Record<string, unknown>)[localName] });
}

function addChild(message: Message, { localName, fieldKind }: DescField, child: Message): void {
  const fields = message as unknown as Record<string, unknown>;
  if (fieldKind === 'list') (fields[localName] as Message[]).push(child);
  else fields[localName] = child;
}

const smallPart = 64 * 1024;
const longestRun = 1024 * 1024;

/** Joins neighbouring small parts, so that a file is written with few calls. */
function joinSmallParts(parts: readonly Payload[]): Payload[] {
  const joined: Payload[] = [];
  let run: Uint8Array[] = [];
  const endRun = () => {
    if (run.length > 0) joined.push(concatenate(run));
    run = [];
  };
  for (const part of parts) {
    if (part.byteLength === 0) continue;
    if (part instanceof Uint8Array && part.byteLength < smallPart) {
      if (totalBytes(run) + part.byteLength > longestRun) endRun();
      run.push(part);
    } else {
      endRun();
      joined.push(part);
    }
  }
  endRun();
  return joined;
}

/** One array with the bytes of all. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(totalBytes(parts));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}
