import { create, type DescField, type DescMessage, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';

/** Damages models, in the same way in every run. */
export class Mutator {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** One to three changes to the bytes themselves, as a bad disk or a bad download makes them. */
  damageBytes(bytes: Uint8Array): Uint8Array {
    let damaged = Buffer.from(bytes);
    for (let count = 1 + this.#below(3); count > 0; count--) {
      const at = this.#below(damaged.length);
      const [before, after] = [damaged.subarray(0, at), damaged.subarray(at)];
      const few = 1 + this.#below(8);
      damaged = this.#pick([
        () => Buffer.concat([before, flipped(after, this.#below(8)), after.subarray(1)]),
        () => Buffer.concat([before, after.subarray(few)]),
        () => Buffer.concat([before, this.#noise(few), after]),
        // The longest number that the encoding has, where a length or a tag may stand.
        () => Buffer.concat([before, Buffer.alloc(9, 255), Buffer.of(1), after.subarray(1)]),
        () => Buffer.from(before),
      ])();
      if (damaged.length === 0) damaged = Buffer.of(0);
    }
    return damaged;
  }

  /** One to three changes to fields, as a bad exporter makes them: the encoding stays valid. */
  damageFields(bytes: Uint8Array): Uint8Array {
    const model = fromBinary(ModelProtoSchema, bytes);
    for (let count = 1 + this.#below(3); count > 0; count--) {
      const { owner, key, field } = this.#pick(placesIn(model, ModelProtoSchema));
      owner[key] = this.#other(owner[key], field);
    }
    return toBinary(ModelProtoSchema, model);
  }

  #other(value: unknown, field: DescField): unknown {
    if (Array.isArray(value)) return this.#otherList(value, field);
    if (field.message) return create(field.message);
    if (typeof value === 'bigint') return this.#pick(wholeNumbers);
    if (typeof value === 'number') return this.#pick([0, 1, -1, 99, 2 ** 31 - 1, -(2 ** 31)]);
    if (typeof value === 'string') return this.#pick(['', `${value}x`, 'Constant', '__proto__']);
    if (value instanceof Uint8Array) return this.#pick([value.subarray(1), Buffer.of(255, 0, 254)]);
    return value;
  }

  #otherList(list: readonly unknown[], field: DescField): unknown[] {
    const at = this.#below(list.length);
    const extra = field.message ? create(field.message) : this.#other(list[at], field);
    return this.#pick([
      () => list.toSpliced(at, 1),
      () => (list.length > 0 ? [...list, list[at]] : []),
      () => (extra === undefined ? [] : [...list, extra]),
      () => list.toReversed(),
    ])();
  }

  #noise(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.#below(256)));
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)] as T;
  }

  /** A whole number from 0, below `limit`: Numerical Recipes' linear congruential generator. */
  #below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }
}

function flipped(bytes: Uint8Array, bit: number): Buffer {
  return Buffer.of((bytes[0] as number) ^ (1 << bit));
}

const wholeNumbers = [0n, 1n, -1n, 2n ** 31n, 2n ** 53n, 2n ** 62n, -(2n ** 63n), 2n ** 63n - 1n];

interface Place {
  readonly owner: Record<string, unknown>;
  readonly key: string;
  readonly field: DescField;
}

/** Every field that is set in a message and in the messages it holds. */
function placesIn(message: object, type: DescMessage): Place[] {
  return type.fields.flatMap((field): Place[] => {
    const fields = message as Record<string, Record<string, unknown>>;
    const choice = field.oneof && fields[field.oneof.localName];
    if (choice && choice['case'] !== field.localName) return [];
    const place = choice
      ? { owner: choice, key: 'value', field }
      : { owner: fields, key: field.localName, field };
    const value = place.owner[place.key];
    if (value === undefined) return [];
    const inner = field.message;
    const held = Array.isArray(value) ? value : [value];
    return [place, ...(inner ? held.flatMap((child) => placesIn(child, inner)) : [])];
  });
}
